import { execFile } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { afterAll, expect, test } from 'vitest';
import type { Micros } from '../../src/model/time.ts';
import { authority } from '../support/authority.ts';
import { otlpBytes, refused, TEN } from '../support/events.ts';
import { sidewatch, startSidewatch } from '../support/sidewatch.ts';
import { client } from '../unit/receive/client.ts';

// A whole process behind TLS and tokens: who gets in, under which cluster, and how its files change.

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-door-'));
afterAll(() => rmSync(folder, { recursive: true }));

const put = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
  return path;
};

const scan = Array.from({ length: 6 }, (_, i) =>
  refused((TEN + (i + 1) * 1_000_000) as Micros, ['81.2.69.142']),
);

test('TLS, a token that names the cluster, and new files without a restart', async () => {
  const [first, second] = [authority('first'), authority('second')];
  const install = ({ cert, key }: { cert: string; key: string }) => [put('cert', cert), put('key', key)];
  const [cert_file, key_file] = install(first.issue('sidewatch'));
  const file = put('tokens', 'old-token-of-prod\n');
  const grpc = {
    endpoint: '127.0.0.1:0',
    tls: { cert_file, key_file, reload_interval: '1s' },
    auth: { tokens: [{ file, cluster: 'prod' }] },
  };
  await using running = await startSidewatch('', {}, undefined, { grpc: JSON.stringify(grpc) });
  const bytes = otlpBytes(scan, { 'k8s.cluster.name': 'forged' });
  const send = async (ca: string, token: string) => {
    using sender = client(running.grpc, { secure: credentials.createSsl(Buffer.from(ca)) });
    return (await sender.call(bytes, { headers: { authorization: `Bearer ${token}` } })).code;
  };

  {
    using probe = client(running.grpc, { secure: credentials.createSsl(Buffer.from(first.ca)) });
    const { body } = await probe.call(new Uint8Array(), { path: '/grpc.health.v1.Health/Check' });
    // status: SERVING
    expect(body).toEqual(Buffer.of(8, 1));
  }
  expect(await send(first.ca, 'wrong-token')).toBe(16);
  expect(await send(first.ca, 'old-token-of-prod')).toBe(0);
  const line = await running.line();
  expect(line).toContain('"k8s.cluster.name":"prod"');
  expect(line).not.toContain('forged');

  const replaced = running.says(
    /the TLS files of receivers\.otlp\.protocols\.grpc have changed and are in use/,
  );
  install(second.issue('sidewatch'));
  await replaced;
  const renewed = running.says(
    /the token files of receivers\.otlp\.protocols\.grpc have changed and are in use/,
  );
  put('tokens', 'new-token-of-prod\n');
  await renewed;
  expect(await send(second.ca, 'old-token-of-prod')).toBe(16);
  expect(await send(second.ca, 'new-token-of-prod')).toBe(0);

  const kept = running.says(
    /the TLS files of receivers\.otlp\.protocols\.grpc have changed and cannot be used/,
  );
  put('key', first.issue('other').key);
  expect(await kept).toContain('does not match the key');
  expect(await send(second.ca, 'new-token-of-prod')).toBe(0);

  const { err, code } = await running.stop();
  expect(code).toBe(0);
  expect(err).toContain('no bearer token that a file of auth.tokens holds (from 127.0.0.1)');
  expect(err).not.toMatch(/(wrong|old|new)-token/);
});

test('a killed process leaves a unix socket that the next one takes over', async () => {
  const grpc = JSON.stringify({ endpoint: `unix://${folder}/otlp.sock` });
  const bytes = otlpBytes(scan.slice(0, 1));
  {
    await using killed = await startSidewatch('', {}, undefined, { grpc });
    killed.signal('SIGKILL');
    await killed.ended;
  }
  await using running = await startSidewatch('', {}, undefined, { grpc });
  expect(running.grpc).toBe(`unix://${folder}/otlp.sock`);
  using sender = client(running.grpc);
  expect((await sender.call(bytes)).code).toBe(0);
  const config = put('second.yaml', `receivers: {otlp: {protocols: {grpc: ${grpc}}}}\nrules: {packs: []}\n`);
  const { code, err } = await sidewatch(['serve', '--config', config]);
  expect(code).toBe(1);
  expect(err).toContain('another process listens on that socket');
  const { err: log } = await running.stop();
  expect(log).not.toContain('connections ended in an error');
});

/** Connects to a unix socket as another user; resolves with `connected` or the code of the error. */
function connectAs(user: { readonly uid: number; readonly gid: number }, path: string): Promise<string> {
  const script = `const s = require('net').connect(${JSON.stringify(path)});
    s.on('connect', () => { console.log('connected'); s.destroy(); });
    s.on('error', (error) => console.log(error.code));`;
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['-e', script], { ...user, cwd: '/' }, (error, stdout) =>
      error ? reject(error) : resolve(stdout.trim()),
    );
  });
}

// Only root may start a process as another user.
test.skipIf(process.getuid?.() !== 0)(
  'a unix socket is open to the group of its folder, and to no other user',
  async () => {
    const [group, other] = [54_321, 54_322];
    const open = mkdtempSync('/tmp/sidewatch-group-');
    try {
      // As an emptyDir with fsGroup: what is made in it belongs to its group.
      chownSync(open, 0, group);
      chmodSync(open, 0o2775);
      const path = join(open, 'otlp.sock');
      const grpc = JSON.stringify({ endpoint: `unix://${path}` });
      await using running = await startSidewatch('', {}, undefined, { grpc });
      expect(await connectAs({ uid: other, gid: group }, path)).toBe('connected');
      expect(await connectAs({ uid: other, gid: other }, path)).toBe('EACCES');
      expect((await running.stop()).code).toBe(0);
    } finally {
      rmSync(open, { recursive: true });
    }
  },
);
