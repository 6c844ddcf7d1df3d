import { expect, it } from 'vitest';
import { packageRoot } from '../../../compiler/support/package-root.ts';

it.each([
  ['a module in the repository', 'file:///home/ada/bnnc/compiler/targets/load.ts', '/home/ada/bnnc'],
  ['an installed module', 'file:///app/node_modules/bnnc/dist/compiler/targets/load.js', '/app/node_modules/bnnc'],
  ['a repository below a folder named compiler', 'file:///home/ada/compiler/bnnc/compiler/targets/load.ts', '/home/ada/compiler/bnnc'],
  ['an installation below a folder named dist/compiler', 'file:///srv/dist/compiler/bnnc/dist/compiler/main.js', '/srv/dist/compiler/bnnc'],
  ['a repository below a folder named dist/compiler', 'file:///srv/dist/compiler/bnnc/compiler/main.ts', '/srv/dist/compiler/bnnc'],
  ['a path with a space', 'file:///home/ada/my%20work/bnnc/compiler/main.ts', '/home/ada/my work/bnnc'],
])('the package of %s is found', (_, url, root) => {
  expect(packageRoot(url)).toBe(root);
});

it('a module outside the compiler is a bug', () => {
  expect(() => packageRoot('file:///home/ada/bnnc/test/x.ts')).toThrow('not a module of the compiler');
});
