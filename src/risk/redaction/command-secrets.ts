import { argumentEnd, BORDER, type TextSpan } from './spans.ts';

/** Short flags whose value is a secret, by program. Long flags have names of their own (named-secrets.ts). */
interface Program {
  /** `-p secret` */
  readonly next?: readonly string[];
  /** `-psecret` */
  readonly joined?: readonly string[];
}

const MYSQL: Program = { joined: ['-p'] };
const LDAP: Program = { next: ['-w'], joined: ['-w'] };
const ARCHIVE: Program = { joined: ['-p'] };

const PROGRAMS: ReadonlyMap<string, Program> = new Map(
  Object.entries({
    ...all(MYSQL, 'mysql mysqldump mysqladmin mysqlimport mysqlshow mysqlcheck mysqlslap mysqlpump mysqlsh'),
    ...all(MYSQL, 'mariadb mariadb-dump mariadb-admin mariadb-check mariadb-import mariadb-show'),
    // `docker login`, `az login`, `helm registry login`
    ...all({ next: ['-p'] }, 'login cqlsh influx'),
    ...all(
      { next: ['-p'], joined: ['-p'] },
      'mongo mongosh mongodump mongorestore mongoexport mongoimport sshpass',
    ),
    ...all(LDAP, 'ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldappasswd'),
    ...all({ next: ['-P'], joined: ['-P'] }, 'sqlcmd bcp mosquitto_pub mosquitto_sub unzip zip'),
    ...all(ARCHIVE, '7z 7za 7zr'),
    curl: {
      next: ['-u', '--user', '-U', '--proxy-user', '--oauth2-bearer', '--pass'],
      joined: ['-u', '--user=', '--proxy-user='],
    },
    'redis-cli': { next: ['-a', '--pass'] },
    'valkey-cli': { next: ['-a', '--pass'] },
    smbclient: { next: ['-U'] },
    rpcclient: { next: ['-U'] },
    openssl: { next: ['-passin', '-passout', '-pass', '-k'] },
    skopeo: { next: ['--creds', '--src-creds', '--dest-creds'] },
  }),
);

/** Programs for which `-p` is something else: a port, a path, a process, a protocol. */
const OTHER_P: ReadonlySet<string> = new Set(
  [
    'mkdir cp install tar rsync ssh scp sftp ssh-keyscan ps top pgrep pidof lsof kill strace ltrace gdb nc ncat netcat',
    'socat nmap masscan telnet iptables ip6tables nft ip tc ss netstat tcpdump nslookup dig ping tcping psql pg_dump',
    'pg_dumpall pg_restore pg_isready pg_basebackup pgbench createdb createuser redis-server kubectl git perl python',
    'python2 python3 node ruby php make xargs time export declare read printf test stat ls less mount umount find df du',
    'sed grep egrep awk bash sh zsh dash ash ksh su sudo java jcmd jmap etcd etcdctl crictl ctr systemctl journalctl',
    'wget ab wrk hey vegeta mvn gradle npm cargo go curl docker-proxy haproxy nginx memcached mongod redis-cli nsenter',
    'unshare chroot useradd usermod passwd chown chmod touch patch diff 7z 7za 7zr zip unzip openssl base64 cat tee',
  ].flatMap((line) => line.split(' ')),
);

const SHELLS: ReadonlySet<string> = new Set('sh bash dash ash zsh ksh su'.split(' '));

function all(program: Program, names: string): Record<string, Program> {
  return Object.fromEntries(names.split(' ').map((name) => [name, program]));
}

const WORD = /[^\s\0"'`,;|&()[\]]+|[;|&()\n]/g;
const END = /^[;|&()\n]$/;
/** What may follow `-p` that is no secret: a port, an address, a path, a map. */
const NO_PASSWORD = /^(?:\d{1,5}(?:[:/-][\w:.-]*)?$|\d+\.\d+\.\d+\.\d+|[/.~{$%]|tcp$|udp$)/;
const REFERENCE = /^\$[{(]/;

/** The words of one simple command so far. Which of them is the program, behind `sudo -E env A=b`, is not looked at. */
interface SoFar {
  readonly known: Set<Program>;
  words: number;
  /** One of them is a program whose `-p` is something else. */
  otherP: boolean;
  /** One is a shell: behind `-c` a new command begins. */
  shell: boolean;
}

/**
 * Passwords in short flags. `command`: the text is a command line, in which `-p` is a password also for a program that is
 * not known here.
 */
export function* shortFlags(text: string, command: boolean): Iterable<TextSpan> {
  let soFar = nothing();
  let flag = '';
  let done = 0;
  for (const { index, 0: word } of text.matchAll(WORD)) {
    if (index < done) continue;
    if (END.test(word)) {
      soFar = nothing();
      flag = '';
    } else if (word.startsWith('-')) {
      const joined = joinedFlag(word, soFar);
      flag = joined === undefined ? word : '';
      if (joined === undefined) continue;
      done = argumentEnd(text, index, text[index - 1] === BORDER);
      yield [index + joined.length, done];
    } else {
      if (soFar.shell && /^-[a-z]*c$/.test(flag)) soFar = nothing();
      if (isSecretBehind(flag, word, soFar, command)) {
        done = argumentEnd(text, index);
        yield [index, done];
      }
      flag = '';
      add(baseName(word), soFar);
    }
  }
}

/** The programs among some arguments whose order is not known, as the begin of a command that each of them may belong to. */
export function programsOf(args: readonly string[]): string {
  const names = args.map(baseName).filter((name) => PROGRAMS.has(name));
  return names.length === 0 ? '' : [...new Set(names)].join(' ') + BORDER;
}

/** Whether one of the arguments is a flag of one of the programs, and its value another argument. */
export function hasShortFlagAlone(args: readonly string[]): boolean {
  const known = args.flatMap((word) => PROGRAMS.get(baseName(word)) ?? []);
  return known.some(({ next = [] }) => next.some((flag) => args.includes(flag)));
}

const nothing = (): SoFar => ({ known: new Set(), words: 0, otherP: false, shell: false });

function add(name: string, soFar: SoFar): void {
  const program = PROGRAMS.get(name);
  if (program) soFar.known.add(program);
  soFar.words++;
  soFar.otherP ||= OTHER_P.has(name);
  soFar.shell ||= SHELLS.has(name);
}

const baseName = (word: string): string => word.slice(word.lastIndexOf('/') + 1);

function joinedFlag(word: string, { known }: SoFar): string | undefined {
  for (const { joined = [] } of known)
    for (const flag of joined) if (word.startsWith(flag) && word.length > flag.length) return flag;
  return undefined;
}

function isSecretBehind(
  flag: string,
  word: string,
  { known, words, otherP }: SoFar,
  command: boolean,
): boolean {
  if (flag === '' || REFERENCE.test(word)) return false;
  for (const { next = [] } of known) if (next.includes(flag)) return true;
  return flag === '-p' && command && words > 0 && known.size === 0 && !otherP && !NO_PASSWORD.test(word);
}
