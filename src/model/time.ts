/** Unix time in whole microseconds, as the API server stamps events. Safe integers from 1970 to 2255. */
export type Micros = number & { readonly unit: 'unix us' };
/** A length of time in whole microseconds. */
export type Span = number & { readonly unit: 'us' };
/** A length of time in milliseconds, as timers and retry answers take it. */
export type Ms = number & { readonly unit: 'ms' };

/** The clock is an argument wherever time matters: wall time in `serve`, the recording's own time in `replay`. */
export type Clock = () => Micros;
