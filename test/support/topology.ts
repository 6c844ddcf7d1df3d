import type { TopologyChoice } from '../../compiler/frontends/frontend.ts';

/** What `--topology net.json` is with this document. */
export function topologyOf(document: object): TopologyChoice {
  return { word: 'net.json', document: { file: 'net.json', bytes: new TextEncoder().encode(JSON.stringify(document)) } };
}
