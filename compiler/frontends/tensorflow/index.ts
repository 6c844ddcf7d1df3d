/** The TensorFlow frontend: checkpoints of the second version, and graphs of TensorFlow 1. */
import type { Frontend } from '../frontend.ts';
import { containerOf } from './container.ts';
import { readTensorflow } from './read.ts';
import { TOPOLOGIES } from './topologies.ts';

export const tensorflow: Frontend = {
  name: 'tensorflow',
  endings: ['.index', '.meta', '.pb'],
  doc: 'TensorFlow 1: checkpoints (.index with its data files, and .meta where it lies beside), frozen graphs (.pb) and SavedModels.',
  accepts: (bytes) => containerOf(bytes) !== undefined,
  topologies: TOPOLOGIES,
  read: readTensorflow,
};
