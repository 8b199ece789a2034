/** What some files hold together. They may be read again. */
export interface FileContents<T> {
  /** Whether the files have changed since they were read at the start, or since this was true. See fileWatch. */
  readonly changed: () => boolean;
  /** As read at the start. */
  readonly first: T;
  /** Throws UserError with everything that is wrong. */
  readonly read: () => T;
}
