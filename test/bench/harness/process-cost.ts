import { readFileSync } from 'node:fs';

// What another process has cost so far, from /proc: Linux alone.

const TICKS_PER_SECOND = 100;

/** User and system CPU seconds. */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Memory in MB: VmRSS is now, VmHWM the most so far. */
export function memoryOf(pid: number, which: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(new RegExp(`${which}:\\s+(\\d+)`).exec(status)![1]) * 1024) / 1e6;
}

/** Bytes that it has read so far, of files and sockets. */
export const bytesReadBy = (pid: number): number =>
  Number(/^rchar: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))![1]);
