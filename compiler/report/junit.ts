/** JUnit XML, as CI servers read it. */

export interface JunitCase {
  readonly name: string;
  /** Why it failed; null when it passed. */
  readonly failure: string | null;
}

function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

export function junitReport(suite: string, cases: readonly JunitCase[]): string {
  const failures = cases.filter(({ failure }) => failure !== null).length;
  const lines = cases.map(({ name, failure }) => {
    const head = `  <testcase classname="${escape(suite)}" name="${escape(name)}"`;
    return failure === null ? `${head}/>` : `${head}>\n    <failure message="${escape(failure)}"/>\n  </testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="${escape(suite)}" tests="${cases.length}" failures="${failures}">`,
    ...lines,
    '</testsuite>',
    '',
  ].join('\n');
}
