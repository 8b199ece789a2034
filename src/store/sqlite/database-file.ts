import { join } from 'node:path';

/** Where the data of a directory is. */
export const databaseFile = (directory: string): string => join(directory, 'sidewatch.db');

/** What SQLite keeps beside the file: what was committed and is not in it yet, and how to undo what was not committed. */
export const SIDE_FILES = ['-wal', '-journal', '-shm'] as const;
