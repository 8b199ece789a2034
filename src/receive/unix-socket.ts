import { chmodSync, lstatSync, renameSync, type Stats, statSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';

/** The longest path that an address of the kernel holds, in bytes. */
const PATH_BYTES_MAX = 107;

/** Why a socket cannot be had, as the rest of a sentence. */
export interface SocketFault {
  readonly why: string;
}

export interface BoundSocket {
  /** Takes no new connections, and removes the file; resolves when the last connection has ended. */
  close(): Promise<void>;
}

/**
 * Listens on a socket file that only those may use whom `mode` lets. A file that a killed process left is removed first; a
 * file that something listens on, or that is no socket, is left alone.
 */
export async function bindSocket(
  path: string,
  mode: number,
  accept: (socket: Socket) => void,
): Promise<BoundSocket | SocketFault> {
  const bytes = Buffer.byteLength(path);
  if (bytes > PATH_BYTES_MAX)
    return { why: `the path has ${bytes} bytes, and that of a socket may have ${PATH_BYTES_MAX}` };
  return folderFault(dirname(path)) ?? (await staleFault(path)) ?? (await bindFile(path, mode, accept));
}

function folderFault(folder: string): SocketFault | undefined {
  try {
    if (statSync(folder).isDirectory()) return undefined;
    return { why: `${folder} is no folder` };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { why: code === 'ENOENT' ? `the folder ${folder} does not exist` : message };
  }
}

/** Removes a socket that nothing listens on. */
async function staleFault(path: string): Promise<SocketFault | undefined> {
  try {
    const found = fileAt(path);
    if (found === undefined) return undefined;
    if (!found.isSocket()) return { why: 'a file of that name exists that is no socket; it was left alone' };
    const code = await probe(path);
    if (code === undefined || code === 'EAGAIN') return { why: 'another process listens on that socket' };
    if (code === 'ENOENT') return undefined;
    if (code !== 'ECONNREFUSED')
      return {
        why: `a socket of that name exists, and whether a process listens on it is unknown (${code}); remove it if none does`,
      };
    // Another process may have taken its place since we asked: then binding fails.
    if (isSame(fileAt(path), found)) unlinkSync(path);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? undefined : { why: message };
  }
}

/** The file itself, not the one that a link leads to: removing it would remove the link. */
const fileAt = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });

/** The number of a file that was removed may be that of the next one. */
const isSame = (file: Stats | undefined, other: Stats | undefined): boolean =>
  file?.ino === other?.ino && file?.birthtimeMs === other?.birthtimeMs;

/** undefined where somebody answers, else the code of the error. */
function probe(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.on('error', ({ code, message }: NodeJS.ErrnoException) => resolve(code ?? message));
  });
}

function bindFile(
  path: string,
  mode: number,
  accept: (socket: Socket) => void,
): Promise<BoundSocket | SocketFault> {
  return new Promise((resolve) => {
    const server = createServer(accept);
    // The listener stays: a connection that fails while it is accepted must not end the process.
    server.on('error', (error) => resolve({ why: reasonOfCode(error) }));
    server.listen({ path });
    // The file exists now, if it could be made, and no connection was accepted yet.
    let own: Stats | undefined;
    if (server.listening) {
      try {
        chmodSync(path, mode);
        own = fileAt(path);
      } catch (error) {
        const { message } = error as Error;
        server.close(() => resolve({ why: `its mode cannot be set: ${message}` }));
        return;
      }
    }
    const close = () => closeServer(server, path, own);
    server.on('listening', () => resolve({ close }));
  });
}

/** Node removes the file of that name, even if somebody has removed ours and another process has made this one. */
function closeServer(server: Server, path: string, own: Stats | undefined): Promise<void> {
  const giveBack = setAside(path, own);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  giveBack();
  return closed;
}

/** Hides the file of another process; the result puts it back. */
function setAside(path: string, own: Stats | undefined): () => void {
  try {
    const found = fileAt(path);
    if (found === undefined || isSame(found, own)) return () => {};
    const aside = `${path}.${found.ino}`;
    renameSync(path, aside);
    return () => renameSync(aside, path);
  } catch {
    return () => {};
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not make a file there',
  EPERM: 'this user may not make a file there',
  EADDRINUSE: 'another process has made a file of that name at this moment',
};

const reasonOfCode = ({ code = '', message }: NodeJS.ErrnoException): string => REASONS[code] ?? message;
