import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

// Certificates for tests, made in memory: an authority, and what it signs. Only as much of X.509 as TLS needs.

export interface Certified {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** Its own certificate. */
  readonly ca: string;
  /** A certificate for localhost. */
  issue(name: string): Certified;
}

const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
};
const hex = (text: string) => Buffer.from(text, 'hex');
const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const id = (bytes: string) => der(0x06, hex(bytes));

const ECDSA_SHA256 = sequence(id('2a8648ce3d040302'));
const named = (name: string) => sequence(der(0x31, sequence(id('550403'), der(0x0c, Buffer.from(name)))));
const YEARS = sequence(der(0x17, Buffer.from('250101000000Z')), der(0x17, Buffer.from('490101000000Z')));
const extension = (which: string, value: Buffer) => sequence(id(which), der(0x04, value));
const IS_AUTHORITY = extension('551d13', sequence(der(0x01, hex('ff'))));
const FOR_LOCALHOST = extension(
  '551d11',
  sequence(der(0x82, Buffer.from('localhost')), der(0x87, hex('7f000001'))),
);

let serial = 1;

function certificate(
  issuer: string,
  signer: KeyObject,
  subject: string,
  own: KeyObject,
  more: Buffer,
): string {
  const body = sequence(
    der(0xa0, der(0x02, hex('02'))),
    der(0x02, Buffer.from([serial++])),
    ECDSA_SHA256,
    named(issuer),
    YEARS,
    named(subject),
    own.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(more)),
  );
  const signed = sequence(body, ECDSA_SHA256, der(0x03, hex('00'), sign('sha256', body, signer)));
  const lines = signed
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

export function authority(name: string): Authority {
  const { publicKey, privateKey } = pair();
  return {
    ca: certificate(name, privateKey, name, publicKey, IS_AUTHORITY),
    issue(subject) {
      const own = pair();
      return {
        cert: certificate(name, privateKey, subject, own.publicKey, FOR_LOCALHOST),
        key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
}
