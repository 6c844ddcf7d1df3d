/** Networks of other systems, written in the operators of ONNX. */
import { expect, it } from 'vitest';
import { OperatorNetwork, type NodeSource } from '../../../compiler/frontends/onnx/network.ts';
import { Diagnostics } from '../../../compiler/support/diagnostics.ts';
import { problemsIn } from '../../support/problems.ts';
import { NO_FILES } from './read-json.ts';

it('an operator without a meaning is spoken of in the words of its file, never in those of ONNX', () => {
  const origin = { file: 'net.pb', path: 'node "block/mystery"' };
  const source: NodeSource = { name: 'block/mystery', shown: 'Mystery', origin };
  const network = new OperatorNetwork('net.pb');
  const x = network.input('images', [4], { file: 'net.pb', path: 'node "images"' });
  const y = network.add('Det', [x], {}, source);
  expect(problemsIn(() => network.import(y, NO_FILES, { file: 'net.pb', output: null }, new Diagnostics()))).toEqual([
    {
      code: 'BNN1004',
      severity: 'error',
      message: '"block/mystery" uses the operator Mystery, which bnnc does not support.',
      origin,
      details: [],
      help: 'Build the network without it, or cut the model before it with --output "images".',
    },
  ]);
});
