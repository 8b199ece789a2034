import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { listen } from '../../../src/receive/listen.ts';

const folder = mkdtempSync(join(tmpdir(), 'sock-'));
afterAll(() => rmSync(folder, { recursive: true }));

const KEY = 'receivers.otlp.protocols.grpc.endpoint';
let made = 0;
const freshPath = () => join(folder, `${made++}.sock`);
const open = (endpoint: string, mode?: number) =>
  listen(endpoint, KEY, (socket) => void socket.end('hello'), mode);
const refusal = (endpoint: string): Promise<string> =>
  open(endpoint).then(
    () => 'it listens',
    (error: Error) => error.message,
  );

function visit(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(String(code)));
    socket.on('data', (data) => resolve(String(data)));
  });
}

/** What a killed process leaves. */
async function leaveSocket(path: string): Promise<void> {
  const server = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', server], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(statSync(path).isSocket()).toBe(true);
}

test.each([
  ['unix:///path', (path: string) => `unix://${path}`],
  ['unix:/path', (path: string) => `unix:${path}`],
  ['unix:path', (path: string) => `unix:${relative(process.cwd(), path)}`],
])('listens on %s and removes the file when it closes', async (_, endpoint) => {
  const path = freshPath();
  const listener = await open(endpoint(path));
  expect(listener.address).toBe(`unix://${path}`);
  expect(await visit(path)).toBe('hello');
  await Promise.all([listener.close(), listener.close()]);
  expect(existsSync(path)).toBe(false);
});

test.each([
  [undefined, 0o660],
  [0o600, 0o600],
  [0o666, 0o666],
])('a mode of %s is %i on the file', async (mode, expected) => {
  const path = freshPath();
  const listener = await open(`unix://${path}`, mode);
  expect(statSync(path).mode & 0o777).toBe(expected);
  await listener.close();
});

test('takes over the socket of a process that was killed', async () => {
  const path = freshPath();
  await leaveSocket(path);
  const listener = await open(`unix://${path}`);
  expect(await visit(path)).toBe('hello');
  await listener.close();
});

test('of several that want the place of a killed process, one gets it', async () => {
  const path = freshPath();
  await leaveSocket(path);
  const all = await Promise.allSettled([1, 2, 3].map(() => open(`unix://${path}`)));
  const [got, ...more] = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  expect(more).toEqual([]);
  expect(await visit(path)).toBe('hello');
  await got!.close();
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('leaves the socket of another alone when it closes', async () => {
  const path = freshPath();
  const first = await open(`unix://${path}`);
  rmSync(path);
  const second = await open(`unix://${path}`);
  await first.close();
  expect(await visit(path)).toBe('hello');
  await second.close();
  expect(existsSync(path)).toBe(false);
});

test('leaves a socket alone that a process listens on', async () => {
  const path = freshPath();
  const other = createServer((socket) => void socket.on('error', () => {}).end('other')).listen(path);
  await once(other, 'listening');
  expect(await refusal(`unix://${path}`)).toBe(
    `cannot listen on unix://${path}: another process listens on that socket; set ${KEY}`,
  );
  expect(await visit(path)).toBe('other');
  other.close();
});

test('never removes a file that is no socket', async () => {
  const [file, link, linked] = [freshPath(), freshPath(), freshPath()];
  writeFileSync(file, 'precious');
  await leaveSocket(linked);
  symlinkSync(linked, link);
  for (const path of [file, link])
    expect(await refusal(`unix://${path}`)).toContain(': a file of that name exists that is no socket;');
  expect(readFileSync(file, 'utf8')).toBe('precious');
  expect(existsSync(link)).toBe(true);
});

const long = (bytes: number) => join(folder, 'x'.repeat(bytes - folder.length - 1));

test('the longest path is 107 bytes', async () => {
  await (await open(`unix://${long(107)}`)).close();
  expect(await refusal(`unix://${long(108)}`)).toContain(
    ': the path has 108 bytes, and that of a socket may have 107; ',
  );
});

mkdirSync(join(folder, 'closed'), { mode: 0o500 });

test.each([
  ['a folder that is not there', `unix://${folder}/none/a.sock`, `the folder ${folder}/none does not exist`],
  ['a host', 'unix://host/a.sock', 'it is not unix:///path'],
  ['a socket without a file', 'unix:@name', 'it is not unix:///path'],
  ['nothing', 'unix:', 'it is not unix:///path'],
  ['nothing after slashes', 'unix://', 'it is not unix:///path'],
])('says what is wrong with %s', async (_, endpoint, why) => {
  expect(await refusal(endpoint)).toBe(`cannot listen on ${endpoint}: ${why}; set ${KEY}`);
});

// The superuser may write everywhere.
test.skipIf(process.getuid?.() === 0)('says that the folder is closed to this user', async () => {
  expect(await refusal(`unix://${folder}/closed/a.sock`)).toContain(': this user may not make a file there;');
});
