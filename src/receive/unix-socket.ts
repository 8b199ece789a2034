import { chmodSync, lstatSync, type Stats, statSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';

/** The longest path that an address of the kernel holds, in bytes. */
const PATH_BYTES_MAX = 107;

/** Why a socket cannot be had, as the rest of a sentence. */
export interface SocketFault {
  readonly why: string;
}

/**
 * Listens on a socket file that only those may use whom `mode` lets. A file that a killed process left is removed first; a
 * file that something listens on, or that is no socket, is left alone. Closing the server removes the file.
 */
export async function bindSocket(
  path: string,
  mode: number,
  accept: (socket: Socket) => void,
): Promise<Server | SocketFault> {
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
        why: `a socket of that name exists, and whether a process listens on it is unknown (${code})`,
      };
    unlinkSync(path);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? undefined : { why: message };
  }
}

/** The file itself, not the one that a link leads to: removing it would remove the link. */
const fileAt = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });

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
): Promise<Server | SocketFault> {
  return new Promise((resolve) => {
    const server = createServer(accept);
    // The listener stays: a connection that fails while it is accepted must not end the process.
    server.on('error', (error) => resolve({ why: reasonOfCode(error) }));
    server.listen({ path });
    // The file exists now, if it could be made, and no connection was accepted yet.
    if (server.listening) {
      try {
        chmodSync(path, mode);
      } catch (error) {
        const { message } = error as Error;
        server.close(() => resolve({ why: `its mode cannot be set: ${message}` }));
        return;
      }
    }
    server.on('listening', () => resolve(server));
  });
}

const reasonOfCode = ({ code, message }: NodeJS.ErrnoException): string =>
  code === 'EACCES' || code === 'EPERM' ? 'this user may not make a file there' : message;
