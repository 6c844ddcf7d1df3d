/** Networks of published systems, by the names of their tensors. */
import type { Topology } from '../../frontend.ts';

export const TOPOLOGIES: readonly Topology[] = [];
