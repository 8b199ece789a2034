import { type FileOutcome, passed, type TestRun } from './run-tests.ts';
import { failureLines } from './test-text.ts';

/** The run as JUnit XML for CI servers: one suite per file; a test that could not run is an error. */
export function testJunit({ files, problems }: TestRun): string {
  const suites = [
    ...files.map(suite),
    ...problems.map(({ where, message }) => suiteOf(where, [error(where, where, message)], 0, 1)),
  ];
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="sidewatch rules test">\n${suites.join('')}</testsuites>\n`;
}

function suite(file: FileOutcome): string {
  const failures = file.tests.filter((test) => !passed(test) && test.broken === undefined).length;
  const broken = file.tests.filter((test) => test.broken !== undefined).length;
  const cases = [
    ...file.problems.map(({ where, message }) => error(file.path, where, message)),
    ...file.tests.map((test) => {
      if (passed(test)) return testcase(file.path, test.name, '');
      if (test.broken !== undefined) return error(file.path, test.name, test.broken);
      const lines = failureLines(test, file);
      const text = `\n      <failure message="${xml(lines[0] ?? '')}">${xml([test.where, ...lines].join('\n'))}</failure>\n    `;
      return testcase(file.path, test.name, text);
    }),
  ];
  return suiteOf(file.path, cases, failures, broken + file.problems.length);
}

function suiteOf(name: string, cases: readonly string[], failures: number, errors: number): string {
  return `  <testsuite name="${xml(name)}" tests="${cases.length}" failures="${failures}" errors="${errors}" skipped="0">\n${cases.join('')}  </testsuite>\n`;
}

function error(file: string, name: string, message: string): string {
  return testcase(file, name, `\n      <error message="${xml(message)}"/>\n    `);
}

function testcase(file: string, name: string, content: string): string {
  const open = `    <testcase classname="${xml(file)}" file="${xml(file)}" name="${xml(name)}"`;
  return content === '' ? `${open}/>\n` : `${open}>${content}</testcase>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\n': '&#10;',
  '\t': '&#9;',
  '\r': '&#13;',
};

/** Text for an element or an attribute. Characters that XML 1.0 cannot hold become U+FFFD. */
export function xml(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"'\n\t\r]/g, (character) => ENTITIES[character]!);
}
