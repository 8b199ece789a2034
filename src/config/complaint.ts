import { plainText } from '../lib/plain-text.ts';

/** One line of what is wrong: where (a file and line, or a variable), what it is about (a path; may be empty), and what is wrong. */
export interface Complaint {
  readonly where: string;
  readonly path?: string;
  readonly what: string;
}

/** Complaints as lines with their columns under each other, each said once. */
export function complaintLines(complaints: readonly Complaint[]): readonly string[] {
  const widest = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => text.length));
  const where = widest(complaints.map((one) => one.where));
  const path = widest(complaints.map((one) => one.path ?? ''));
  const lines = complaints.map((one) =>
    [one.where.padEnd(where), ...(one.path ? [one.path.padEnd(path)] : []), one.what].join('  '),
  );
  return [...new Set(lines.map(plainText))];
}

const LONGEST_SHOWN = 60;

/** A value for people: short, on one line, a URL without its password. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value !== 'string') return String(value);
  const text = value.replace(/\/\/[^/]*@/, '//***@');
  return JSON.stringify(text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text);
}
