import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { podFiles } from './pod-files.ts';
import { render, type Values } from './render.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

/** Without listeners on fixed ports. */
const LOCAL = {
  receivers: { otlp: { protocols: { grpc: { endpoint: '127.0.0.1:0' } } } },
  telemetry: { health: null, metrics: null },
};

const rule = (title: string) => `title: ${title}
id: 0d6a4b58-5a5e-4a0c-bb8a-0f5f7f3d0a11
logsource: {product: kubernetes, service: audit}
detection:
  those: {user.username|expand: '%build_accounts%'}
  condition: those
level: low
`;

test('rules and lists of the chart are taken up while it runs, as the kubelet brings them; a broken rule is left out', async () => {
  const manifests = (values: Values) =>
    render('rules', { config: { ...LOCAL, rules: { packs: [] } }, ...values });
  const first = { lists: { build_accounts: ['a'] }, rules: { 'build-deletes.yml': rule('One') } };
  using files = podFiles(manifests(first));
  const child = spawn(process.execPath, [MAIN, 'serve', '--config', files.config], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, MY_POD_IP: '127.0.0.1', NODE_OPTIONS: '' },
  });
  try {
    const heard: string[] = [];
    let wake = () => {};
    const log = createInterface(child.stderr);
    log.on('line', (line) => {
      heard.push(line);
      wake();
    });
    let ended = false;
    child.once('close', () => {
      ended = true;
      wake();
    });
    /** The first line from now on that fits. */
    const says = async (what: RegExp): Promise<string> => {
      for (let next = heard.length; ; next++) {
        while (heard.length <= next && !ended) await new Promise<void>((resolve) => (wake = resolve));
        const line = heard[next];
        if (line === undefined) throw new Error(`it ended without ${what}: ${heard.join('\n')}`);
        if (what.test(line)) return line;
      }
    };
    await says(/listening for OTLP/);
    files.update(
      manifests({
        ...first,
        rules: { 'build-deletes.yml': rule('One'), 'b.yml': rule('Two').replace('0d', '1d') },
      }),
    );
    expect(await says(/the rules were/)).toContain('the rules were reloaded');
    files.update(manifests({ ...first, lists: { build_accounts: ['a', 'b'] } }));
    expect(await says(/the rules were/)).toContain('the rules were reloaded');
    files.update(manifests({ ...first, rules: { 'build-deletes.yml': rule('One'), 'b.yml': 'title: {' } }));
    expect(await says(/b\.yml/)).toContain('b.yml');
  } finally {
    child.kill('SIGKILL');
  }
});
