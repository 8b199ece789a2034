import { describe, expect, test } from 'vitest';
import { redactText } from '../../../../src/risk/redaction/redact-text.ts';

const redact = redactText([]);
const shown = (text: string): string => redact(text, false);
const command = (text: string): string => redact(text, true);

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const JWT = `${part({ alg: 'RS256', kid: 'k1' })}.${part({ iss: 'https://kubernetes.default.svc', sub: 'system:serviceaccount:shop:web' })}.c2lnbmF0dXJl_-x`;
const KEY = [
  '-----BEGIN RSA PRIVATE KEY-----',
  'MIIEow0ZZZ+/a',
  'bcd==',
  '-----END RSA PRIVATE KEY-----',
].join('\n');

describe('secrets that have a look of their own', () => {
  test.each([
    ['a token of a service account', `x ${JWT} y`, 'x <redacted> y'],
    ['a token glued to a flag', `-p${JWT}`, '-p<redacted>'],
    ['a token whose signature was cut off', `${JWT.slice(0, JWT.lastIndexOf('.') - 3)}…`, '<redacted>…'],
    ['a private key', `key: |\n${KEY}\nend`, 'key: |\n<redacted>\nend'],
    ['a private key in JSON', JSON.stringify({ a: KEY, b: 1 }), '{"a":"<redacted>","b":1}'],
    ['a private key that was cut', KEY.slice(0, 40), '<redacted>'],
    ['a private key in base64', `d: ${Buffer.from(KEY).toString('base64')}`, 'd: <redacted>'],
    ['a token of GitHub', 'use ghp_16C7e42F292c6912E7710c838347Ae178B4a', 'use <redacted>'],
    ['a token of Slack', 'xoxb-17653672481-19874698323', '<redacted>'],
    ['a bootstrap token', 'join abcdef.0123456789abcdef now', 'join <redacted> now'],
    ['a bearer token', 'Bearer a8f5f167f44f4964e6c998dee827110c', 'Bearer <redacted>'],
    ['basic authentication', 'authorization: Basic dXNlcjpwYXNz', 'authorization: Basic <redacted>'],
    [
      'a password in a URL',
      'postgres://shop:hunter2@db:5432/shop',
      'postgres://shop:<redacted>@db:5432/shop',
    ],
    ['a password with an at sign', 'https://u:p@ss@host/x', 'https://u:<redacted>@host/x'],
    ['a password with a slash', 'amqp://u:p/ss@host/x', 'amqp://u:<redacted>@host/x'],
    [
      'a token as the user of a URL',
      'https://0123456789abcdef0123@host/x.git',
      'https://<redacted>@host/x.git',
    ],
  ])('%s', (_, text, expected) => {
    expect(shown(text)).toBe(expected);
  });
});

describe('secrets behind a name', () => {
  test.each([
    ['/api/v1/pods?token=abc123&watch=true', '/api/v1/pods?token=<redacted>&watch=true'],
    ['/x?access_token=abc&key=def&sig=ghi', '/x?access_token=<redacted>&key=<redacted>&sig=<redacted>'],
    [
      'https://b.s3.amazonaws.com/o?X-Amz-Signature=0a1b&X-Amz-Date=20260101',
      'https://b.s3.amazonaws.com/o?X-Amz-Signature=<redacted>&X-Amz-Date=20260101',
    ],
    ['PGPASSWORD=hunter2 psql -h db', 'PGPASSWORD=<redacted> psql -h db'],
    ['export API_KEY="two words" x', 'export API_KEY="<redacted>" x'],
    ['kubectl --token abc123 get pods', 'kubectl --token <redacted> get pods'],
    ['kubectl --token=abc123 get pods', 'kubectl --token=<redacted> get pods'],
    ['vault login -token s.abc', 'vault login -token <redacted>'],
    ['["--token","abc123","--port","80"]', '["--token","<redacted>","--port","80"]'],
    ['{"user":"a","password":"hun\\"ter2"}', '{"user":"a","password":"<redacted>"}'],
    ['{"a":{"client_secret": "x1"},"b":2}', '{"a":{"client_secret": "<redacted>"},"b":2}'],
    ['a: b\npassword: hunter2\nc: d', 'a: b\npassword: <redacted>\nc: d'],
    ['curl -H "X-Api-Key: abc" https://x', 'curl -H "X-Api-Key: <redacted>" https://x'],
    ['curl -H Authorization: Bearer abc https://x', 'curl -H Authorization: Bearer <redacted> https://x'],
    [
      '{"name":"DB_PASSWORD","value":"hunter2"},{"name":"PORT","value":"80"}',
      '{"name":"DB_PASSWORD","value":"<redacted>"},{"name":"PORT","value":"80"}',
    ],
    [
      'create secret generic x --from-literal=password=hunter2',
      'create secret generic x --from-literal=password=<redacted>',
    ],
    ['client-key-data: LS0tLS1C', 'client-key-data: <redacted>'],
    ['Server=db;User=a;Password=hunter2', 'Server=db;User=a;Password=<redacted>'],
  ])('%s', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });
});

describe('secrets in commands', () => {
  test.each([
    ['mysql -u root -phunter2 shop', 'mysql -u root -p<redacted> shop'],
    ['sh -c mysqldump -uroot -phunter2', 'sh -c mysqldump -uroot -p<redacted>'],
    ['sshpass -p hunter2 ssh host', 'sshpass -p <redacted> ssh host'],
    ['docker login -u a -p hunter2 r.example.com', 'docker login -u a -p <redacted> r.example.com'],
    ['curl -u admin:hunter2 http://x', 'curl -u <redacted> http://x'],
    ['redis-cli -a hunter2 keys', 'redis-cli -a <redacted> keys'],
    ['ourtool -p hunter2', 'ourtool -p <redacted>'],
    ['ls; ourtool -p a,b', 'ls; ourtool -p <redacted>'],
  ])('%s', (text, expected) => {
    expect(command(text)).toBe(expected);
  });

  test('in a request URI, where each argument is a parameter', () => {
    const uri =
      '/api/v1/namespaces/shop/pods/db/exec?command=mysql&command=-uroot&command=-phun%26ter2&stdin=true';
    expect(command(uri)).toBe(
      '/api/v1/namespaces/shop/pods/db/exec?command=mysql&command=-uroot&command=-p<redacted>&stdin=true',
    );
    expect(command('/x/exec?command=tool&command=--password&command=two%20words&tty=true')).toBe(
      '/x/exec?command=tool&command=--password&command=<redacted>&tty=true',
    );
    expect(command('/x/exec?command=tool&command=--password%3Dtwo+words&tty=true')).toBe(
      '/x/exec?command=tool&command=--password%3D<redacted>&tty=true',
    );
    expect(command('/x/exec?command=sh&command=-c&command=curl+https%3A%2F%2Fu%3Ap%40host&tty=true')).toBe(
      '/x/exec?command=sh&command=-c&command=curl+https%3A%2F%2Fu%3A<redacted>%40host&tty=true',
    );
  });
});

describe('Secrets in JSON', () => {
  const secret = {
    apiVersion: 'v1',
    data: { a: 'aHVudGVyMg==', b: '' },
    kind: 'Secret',
    metadata: { name: 'db' },
  };

  test('the values of data and stringData', () => {
    expect(shown(JSON.stringify({ ...secret, stringData: { c: 'x{"y' } }))).toBe(
      '{"apiVersion":"v1","data":{"a":"<redacted>","b":""},"kind":"Secret","metadata":{"name":"db"},"stringData":{"c":"<redacted>"}}',
    );
  });

  test('in an annotation within JSON', () => {
    const applied = 'kubectl.kubernetes.io/last-applied-configuration';
    const text = JSON.stringify({ metadata: { annotations: { [applied]: JSON.stringify(secret) } } });
    expect(shown(text)).not.toContain('aHVudGVyMg');
    expect(shown(text)).toContain('\\"name\\":\\"db\\"');
  });

  test('one that was cut before its kind', () => {
    expect(shown(JSON.stringify(secret).slice(0, 40))).toBe('{"apiVersion":"v1","data":{"a":"<redacted>');
  });

  test('a ConfigMap is none', () => {
    const map = JSON.stringify({ ...secret, kind: 'ConfigMap' });
    expect(shown(map)).toBe(map);
  });
});

describe('ordinary texts stay as they are', () => {
  test.each([
    'registry.example.com/shop/token:1.2@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'system:serviceaccount:kube-system:token-cleaner',
    'system:bootstrap:abcdef',
    'master.17f3b2c4d5e6f708',
    '/api/v1/namespaces/shop/secrets/db-password?resourceVersion=123&timeoutSeconds=60',
    '/api/v1/pods?limit=500&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MTIzfQ&labelSelector=app%3Dtoken-service',
    '/api/v1/namespaces/shop/serviceaccounts/web/token',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles?fieldSelector=metadata.name%3Dx',
    'RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "y" to Group "system:authenticated"',
    '[invalid bearer token, service account token has expired]',
    'invalid password: Required value',
    'a secret of type kubernetes.io/service-account-token: the control plane',
    'Bearer authentication and Basic authentication',
    '{"automountServiceAccountToken":false,"secretName":"db","secretKeyRef":{"key":"password","name":"db"}}',
    '--tls-private-key-file=/etc/kubernetes/pki/apiserver.key --authorization-mode=RBAC --token-auth-file=/x',
    'kubectl/v1.33.1 (linux/amd64) kubernetes/8adc0f0',
    'keyJsonSerializer.value',
    'http://10.0.0.1:8080/path@x https://[::1]:6443/',
    'ssh://git@github.com/org/repo.git',
    '4c1d8f0e-53e0-4f7b-9d3a-0c2f8b6d1e5f',
    'echo ${PASSWORD} --password=$(cat /run/secret) --token=$TOKEN',
    'kubernetes.io/service-account-token',
  ])('%s', (text) => {
    expect(shown(text)).toBe(text);
  });

  test.each([
    'mkdir -p /tmp/x',
    'ssh -p 22 host',
    'docker run -p 8080:80 nginx',
    'iptables -p tcp -j ACCEPT',
    'cp -p a b',
    'psql -h db -p 5432',
    'sh -c ps -p 1 && cp -p a b',
    'kubectl patch svc x -p {"spec":{}}',
    'cat /etc/passwd',
  ])('%s', (text) => {
    expect(command(text)).toBe(text);
  });
});
