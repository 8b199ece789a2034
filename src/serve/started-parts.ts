/** A part of a service that runs until it is stopped. */
export interface StartedPart {
  /** Resolves when the part has ended. It gives up what is not done when `by` aborts. */
  stop(by: AbortSignal): Promise<void> | void;
}

/** The parts of a service in the order of their start. They are stopped one by one in reverse order, by one deadline. */
export class StartedParts {
  readonly #parts: StartedPart[] = [];

  add<Part extends StartedPart>(part: Part): Part {
    this.#parts.push(part);
    return part;
  }

  async stop(by: AbortSignal): Promise<void> {
    for (const part of this.#parts.toReversed()) await part.stop(by);
  }
}
