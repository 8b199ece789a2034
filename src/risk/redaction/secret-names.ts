/** Names of one word: `password=`, `"token":`, `--sig`. */
const WORDS = new Set([
  ...[
    'token',
    'jwt',
    'password',
    'passwd',
    'passphrase',
    'pwd',
    'pass',
    'pw',
    'secret',
    'apikey',
    'sig',
    'signature',
  ],
  ...['credential', 'credentials', 'authorization', 'cookie', 'bearer', 'sas'],
]);

/** Ends of longer names, without what separates their words: `X-Amz-Signature`, `accessToken`, `PGPASSWORD`, `client-key-data`. */
const ENDS = [
  ...[
    'token',
    'password',
    'passwd',
    'passphrase',
    'apikey',
    'accesskey',
    'secretkey',
    'privatekey',
    'authkey',
  ],
  ...[
    'accountkey',
    'sharedkey',
    'masterkey',
    'encryptionkey',
    'signingkey',
    'keydata',
    'signature',
    'credential',
  ],
  ...[
    'credentials',
    'authorization',
    'cookie',
    'clientsecret',
    'appsecret',
    'apisecret',
    'sharedsecret',
    'jwtsecret',
  ],
  ...[
    'webhooksecret',
    'signingsecret',
    'consumersecret',
    'tokensecret',
    'sessionsecret',
    'secretvalue',
    'userpass',
  ],
  ...['dbpass', 'privatekeydata', 'secretstring', 'sharedaccesssignature', 'passcode'],
];

/** Ends of names that only look like it: a token to turn a page. */
const HARMLESS = ['pagetoken', 'nexttoken', 'continuetoken', 'synctoken', 'listtoken'];

/** Ends of the names of environment variables. */
const VARIABLE = /^[A-Z][A-Z0-9_]*_(?:PASS|PW|PWD|SECRET|KEY|SIG|JWT|CREDS)$/;

/** Names that are so short that they mean a secret only in the query of a URI. */
const QUERY = new Set(['key', 'auth', 'creds', 'code_verifier', 'assertion', 'client_assertion']);

/** Of more characters of a name only the last ones are looked at. */
export const SECRET_NAME_MAX = 64;

/** Whether a thing of this name is a secret: a parameter, a flag, a key of JSON, a header, a variable. */
export function isSecretName(name: string): boolean {
  if (VARIABLE.test(name)) return true;
  const letters = name.slice(-SECRET_NAME_MAX).replace(/[-_.]/g, '').toLowerCase();
  if (WORDS.has(letters)) return true;
  if (!ENDS.some((end) => letters.endsWith(end))) return lastWord(name);
  return !HARMLESS.some((end) => letters.endsWith(end));
}

export const isSecretParameter = (name: string): boolean =>
  QUERY.has(name.toLowerCase()) || isSecretName(name);

/** `db_pass`, `spring.datasource.pwd`, `auth.secret`: the last of several words. */
function lastWord(name: string): boolean {
  const end = name.slice(-SECRET_NAME_MAX);
  // `pull-secret` and `existing-secret` name a Secret.
  return /[-_.](?:pass|pwd|pw|secret|jwt|sig)$/i.test(end) && !/(?:pull|existing|tls)[-_.]secret$/i.test(end);
}
