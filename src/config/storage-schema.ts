import { closedMap, oneOf, section, text } from '../schema/shapes.ts';

export const storage = section(
  closedMap({
    kind: oneOf(['memory', 'sqlite'], {
      file: 'file is not there: use sqlite',
      file_storage: 'file_storage is not there: use sqlite',
    })
      .default('memory')
      .describe(
        'Where windows and waiting risk events are kept: in memory, where the end of the process loses them, or also in a file on a local disk, where they survive it. For `sqlite` use Node.js 24.15 or newer: in older ones SQLite is experimental.',
      ),
    directory: text('a path')
      .optional()
      .describe(
        'The folder of the file, for this process alone, on a local or a block volume. It is made if it is not there.',
      ),
  })
    .refine(({ kind, directory }) => kind === 'memory' || directory !== undefined, {
      path: ['directory'],
      error: 'is missing: the path of a folder on a local disk',
    })
    .refine(({ kind, directory }) => kind === 'sqlite' || directory === undefined, {
      path: ['directory'],
      error: 'has no effect without kind: sqlite',
    }),
);
