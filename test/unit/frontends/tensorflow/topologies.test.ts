/** Built-in topologies with few channels and random weights, compared with their programs in plain numbers. */
import { describe } from 'vitest';
import { TENSORFLOW, tensorflowParts } from '../../../support/published/tensorflow.ts';
import { writeCheckpoint } from '../../../support/tensorflow-files.ts';
import { testPublished } from '../published.ts';
import { readFile } from './read-tensorflow.ts';

describe('a checkpoint without a graph', () => {
  testPublished(TENSORFLOW, tensorflowParts, ({ word, shapes }, values) => {
    const { index, files } = writeCheckpoint([...values].map(([name, data]) => ({ name, shape: shapes[name] ?? [], data: [...data] })));
    return readFile(index, { file: 'model.ckpt.index', topology: { word, document: null } }, files);
  });
});
