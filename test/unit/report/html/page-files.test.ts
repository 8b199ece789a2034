import { describe, expect, test } from 'vitest';
import { oneScript, pageFiles } from '../../../../src/report/html/page-files.ts';

const SOURCES: Readonly<Record<string, string>> = {
  'a.js': 'export const a = 1;\n',
  'b.js':
    "import { a } from './a.js';\nimport {\n  a as c,\n} from './a.js';\nexport function b() {\n  return a;\n}\n",
};
const read = (name: string) => SOURCES[name]!;

describe('modules become one script', () => {
  test('without imports and exports', () => {
    expect(oneScript(['a.js', 'b.js'], read)).toBe(
      "(() => {\n'use strict';\nconst a = 1;\n\nfunction b() {\n  return a;\n}\n})();",
    );
  });

  test('in the order in which they are needed', () => {
    expect(() => oneScript(['b.js', 'a.js'], read)).toThrow('b.js comes before a.js');
    expect(() => oneScript(['b.js'], read)).toThrow('b.js comes before a.js');
  });
});

test('the scripts of the page are one script that a browser can read, and no end of a script is in them', () => {
  const { scripts, style } = pageFiles();
  expect(scripts).toHaveLength(2);
  for (const script of scripts) {
    expect(() => new Function(script)).not.toThrow();
    expect(script).not.toMatch(/<\/script|<!--|^(import|export) /im);
  }
  expect(style).not.toMatch(/<\/style|@import|url\(/i);
});
