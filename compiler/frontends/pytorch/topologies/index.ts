/** Networks of published systems, by the names of their tensors. */
import type { Topology } from '../../frontend.ts';
import { BINARYNET } from './binarynet.ts';
import { BREVITAS } from './brevitas.ts';
import { XNOR_LENET } from './xnor-lenet.ts';

export const TOPOLOGIES: readonly Topology[] = [...BINARYNET, ...BREVITAS, XNOR_LENET];
