import { Writable } from 'node:stream';
import { WriteStream } from 'node:tty';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type ScreenOptions, screenOf } from '../../../../src/commands/output/screen.ts';
import { COLOURS } from '../../../../src/report/terminal/colours.ts';

/** What the command and Node look at: on a CI server, a terminal has no colours for Node. */
const ASKED_OF_THE_ENVIRONMENT = [
  'COLUMNS',
  'NO_COLOR',
  'FORCE_COLOR',
  'NODE_DISABLE_COLORS',
  'CI',
  'TEAMCITY_VERSION',
];

afterEach(() => vi.unstubAllEnvs());

const terminal = (more = {}) =>
  Object.assign(new Writable(), {
    isTTY: true,
    columns: 97,
    getColorDepth: WriteStream.prototype.getColorDepth,
    ...more,
  });
const pipe = () => new Writable();

function on(stream: Writable, options: ScreenOptions = {}, env: Readonly<Record<string, string>> = {}) {
  for (const name of ASKED_OF_THE_ENVIRONMENT) vi.stubEnv(name, env[name]);
  return screenOf(stream, options);
}

describe('the width', () => {
  test.each([
    ['that of a terminal', terminal(), {}, {}, 97],
    ['always the same without one', pipe(), {}, {}, 120],
    ['COLUMNS, on a terminal', terminal(), {}, { COLUMNS: '80' }, 80],
    ['COLUMNS, without one', pipe(), {}, { COLUMNS: '200' }, 200],
    ['no COLUMNS that is no number', terminal(), {}, { COLUMNS: 'wide' }, 97],
    ['as without one where a terminal does not know it', terminal({ columns: 0 }), {}, {}, 120],
    ['never so small that nothing is left', terminal({ columns: 3 }), {}, {}, 40],
    ['none with --wide', terminal(), { wide: true }, { COLUMNS: '80' }, undefined],
  ] as const)('is %s', (_, stream, options, env, width) => {
    expect(on(stream, options, env).width).toBe(width);
  });
});

describe('colours', () => {
  test.each([
    ['are on a terminal', terminal(), {}, {}, 'some'],
    ['are not in a pipe', pipe(), {}, {}, 'none'],
    ['are not where NO_COLOR is set', terminal(), {}, { NO_COLOR: '1' }, 'none'],
    ['are where FORCE_COLOR is set', pipe(), {}, { FORCE_COLOR: '1' }, 'some'],
    ['are where they are always wanted', pipe(), { color: 'always' }, { NO_COLOR: '1' }, 'some'],
    ['are not where they are never wanted', terminal(), { color: 'never' }, { FORCE_COLOR: '1' }, 'none'],
  ] as const)('%s', (_, stream, options, env, wanted) => {
    expect(on(stream, options, env).colours).toBe(COLOURS[wanted]);
  });
});
