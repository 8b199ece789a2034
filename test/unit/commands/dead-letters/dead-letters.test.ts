import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { listLetters } from '../../../../src/commands/dead-letters/list-letters.ts';
import { retryLetters } from '../../../../src/commands/dead-letters/retry-letters.ts';
import { DeadLetterFiles } from '../../../../src/export/dead-letters/dead-letter-files.ts';
import { letterFiles, setAside } from '../../../../src/export/dead-letters/letter-files.ts';
import { readLetters } from '../../../../src/export/dead-letters/read-letters.ts';
import { seconds } from '../../../../src/lib/time-format.ts';
import type { DeadLetter } from '../../../../src/model/dead-letters.ts';
import type { Level } from '../../../../src/model/rule.ts';
import type { Micros } from '../../../../src/model/time.ts';
import { UserError } from '../../../../src/setup/user-error.ts';
import { TestCounters } from '../../../support/counters.ts';
import { aRiskEvent, decode, loopback, type Received, succeed } from '../../export/loopback.ts';

let folder = '';
let out = '';
let err = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dead-letters-command-'));
  [out, err] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text, done) => {
    out += String(text);
    if (typeof done === 'function') (done as () => void)();
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const letter = (uid: string, more: Partial<DeadLetter> = {}, level: Level = 'medium'): DeadLetter => ({
  event: { ...aRiskEvent(uid), rank: { score: 1, level } },
  why: 'HTTP 400',
  ...more,
});

/** Writes letters as `serve` does. */
async function write(to: string, ...letters: readonly DeadLetter[]): Promise<void> {
  const files = new DeadLetterFiles({
    directory: join(folder, 'letters'),
    most: 2 ** 27,
    clock: () => 1_768_471_200_000_000 as Micros,
    counters: new TestCounters(),
    report: () => {},
  });
  expect(await files.write(to, letters)).toBeUndefined();
}

function configured(url: string, more = ''): string {
  const path = join(folder, 'sidewatch.yaml');
  writeFileSync(
    path,
    `destinations:
  siem:
    logs_endpoint: ${url}
    retry_on_failure: {initial_interval: 1ms, max_interval: 1ms}
    sending_queue: {batch: {max_size: 2}}
${more}delivery: {directory: ${join(folder, 'letters')}}
`,
  );
  return path;
}

/** So that the end of the patience comes in a pause. */
function away(response: ServerResponse): void {
  response.statusCode = 503;
  response.setHeader('retry-after', '1000');
  response.end();
}

async function left(): Promise<string> {
  const uids: string[] = [];
  for (const { path } of await letterFiles(join(folder, 'letters')))
    uids.push(...(await readLetters(path)).letters.map(({ event: { uid } }) => uid));
  return uids.join('');
}

const bodies = (received: readonly Received[]): readonly string[] =>
  received.map((one) =>
    decode(one)
      .resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
      .map(({ body }) => String(body?.value.value).replace('scan ', ''))
      .join(''),
  );

async function folderWithLetters(...letters: readonly DeadLetter[]): Promise<void> {
  mkdirSync(join(folder, 'letters'));
  if (letters.length > 0) await write('siem', ...letters);
}

describe('retry', () => {
  test('sends letters in batches, the most severe first, and leaves none', async () => {
    await using siem = await loopback(succeed);
    await folderWithLetters(letter('a'), letter('b', {}, 'critical'), letter('c'));
    const code = await retryLetters({ config: configured(siem.url) });
    expect([code, out]).toEqual([0, 'siem: 3 delivered, 0 refused again; 0 dead letters are left\n']);
    expect(bodies(siem.received)).toEqual(['ba', 'c']);
    expect(readdirSync(join(folder, 'letters'))).toEqual([]);
    expect(await retryLetters({ config: configured(siem.url) })).toBe(0);
    expect(out).toContain('no dead letters\n');
  });

  test('keeps what is refused again, with the new reason', async () => {
    await using siem = await loopback((response, received) => {
      if (!bodies([received])[0]!.includes('b')) return succeed(response, received);
      response.statusCode = 413;
      response.end('too long');
    });
    await folderWithLetters(letter('a'), letter('b'));
    expect(await retryLetters({ config: configured(siem.url) })).toBe(1);
    expect(out).toBe('siem: 1 delivered, 1 refused again; 1 dead letters are left\n');
    expect(readdirSync(join(folder, 'letters'))).toEqual(['siem.jsonl']);
    const { letters } = await readLetters(join(folder, 'letters', 'siem.jsonl'));
    expect(letters).toMatchObject([{ event: { uid: 'b' }, why: expect.stringContaining('HTTP 413') }]);
  });

  test('sends each letter of a batch that was rejected in part alone, and so finds the rejected ones', async () => {
    await using siem = await loopback((response, received) =>
      succeed(response, received, bodies([received])[0] === 'b' ? 1 : 0, 'too old'),
    );
    const rejected = { count: 1, of: 3 };
    await folderWithLetters(letter('a', { rejected }), letter('b', { rejected }), letter('c', { rejected }));
    expect(await retryLetters({ config: configured(siem.url) })).toBe(1);
    expect(bodies(siem.received)).toEqual(['a', 'b', 'c']);
    expect(await left()).toBe('b');
  });

  test('gives up where nothing is decided, and keeps every letter', async () => {
    await using siem = await loopback(away);
    await folderWithLetters(letter('a'), letter('b'), letter('c'));
    const code = await retryLetters({ config: configured(siem.url) }, seconds(1));
    expect([code, out]).toEqual([1, 'siem: 0 delivered, 0 refused again; 3 dead letters are left\n']);
    expect(await left()).toBe('abc');
    expect(err).toContain('siem (http://127.0.0.1:');
  });

  test('keeps what was not sent when the destination goes away in the middle', async () => {
    await using siem = await loopback((response, received) => {
      if (bodies([received])[0] === 'ab') return succeed(response, received);
      away(response);
    });
    await folderWithLetters(letter('a'), letter('b'), letter('c'));
    expect(await retryLetters({ config: configured(siem.url) }, seconds(1))).toBe(1);
    expect(await left()).toBe('c');
  });

  test('takes up what a run that died has set aside, and what came since', async () => {
    await using siem = await loopback(succeed);
    await folderWithLetters(letter('a'));
    await setAside(join(folder, 'letters'), 'siem', 1 as Micros);
    await write('siem', letter('b'));
    expect(await retryLetters({ config: configured(siem.url) })).toBe(0);
    expect(bodies(siem.received).join('')).toBe('ab');
  });

  test('keeps lines that cannot be read', async () => {
    await using siem = await loopback(succeed);
    await folderWithLetters(letter('a'));
    appendFileSync(join(folder, 'letters', 'siem.jsonl'), '{"time":\n');
    expect(await retryLetters({ config: configured(siem.url) })).toBe(1);
    expect(out).toBe('siem: 1 delivered, 0 refused again; 1 dead letters are left\n');
    expect(err).toContain('lines that cannot be read stay in');
    expect(await retryLetters({ config: configured(siem.url) })).toBe(1);
  });

  test('sends to one destination alone where one is named; letters of an unknown one stay', async () => {
    await using siem = await loopback(succeed);
    await folderWithLetters(letter('a'));
    await write('lake', letter('b'));
    const config = configured(siem.url);
    expect(await retryLetters({ config, destination: 'lake' })).toBe(1);
    expect(out).toBe('lake: nothing was sent: the configuration has no destination of this name\n');
    expect(await retryLetters({ config, destination: 'siem' })).toBe(0);
    expect(await left()).toBe('b');
    await expect(retryLetters({ config, destination: 'siam' })).rejects.toThrow(
      'siam  is not the name of a destination; did you mean "siem"?',
    );
  });
});

describe('list', () => {
  test('shows a row for each reason', async () => {
    await folderWithLetters(letter('a'), letter('b', {}, 'high'), letter('c', { why: 'the queue was full' }));
    await write('siem', letter('d', { why: 'too old', rejected: { count: 1, of: 2 } }));
    await listLetters({ config: configured('http://siem'), output: 'table' });
    expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['DESTINATION', 'LETTERS', 'MOST SEVERE', 'FIRST', 'LAST', 'REASON'],
      ['siem', '2', 'high', '2026-01-15T10:00:00.000000Z', '2026-01-15T10:00:00.000000Z', 'HTTP 400'],
      ['siem', '1', 'medium', expect.any(String), expect.any(String), 'the queue was full'],
      [
        'siem',
        '1',
        'medium',
        expect.any(String),
        expect.any(String),
        'a part of a batch was rejected: too old',
      ],
      [''],
    ]);
  });

  test('prints each letter as a line of JSON', async () => {
    await folderWithLetters(letter('a'), letter('b'));
    await listLetters({ config: configured('http://siem'), output: 'json' });
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { destination: 'siem', reason: 'HTTP 400', event: { uid: 'a' } },
      { event: { uid: 'b' } },
    ]);
  });

  test('says that there are none, also where there is no folder', async () => {
    await listLetters({ config: configured('http://siem'), output: 'table' });
    expect(out).toBe('no dead letters\n');
  });

  test('without delivery.directory is an error', async () => {
    writeFileSync(join(folder, 'none.yaml'), '');
    const listing = listLetters({ config: join(folder, 'none.yaml'), output: 'table' });
    await expect(listing).rejects.toThrow(UserError);
    await expect(listing).rejects.toThrow('delivery.directory is not set');
  });
});
