/** Every module that has a meaning, by the name of its class. */
import type { LayerReader } from '../layer.ts';
import { ACTIVATION } from './activation.ts';
import { LINEAR } from './linear.ts';
import { NORM } from './norm.ts';
import { POOL } from './pool.ts';
import { SHAPE } from './shape.ts';
import { TABLE } from './table.ts';

export const LAYERS: ReadonlyMap<string, LayerReader> = new Map(
  Object.entries({ ...TABLE, ...LINEAR, ...NORM, ...ACTIVATION, ...POOL, ...SHAPE }),
);
