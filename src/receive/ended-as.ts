/**
 * How a request ended that never reached its handler: with the gRPC code or the HTTP status of its refusal, `cancelled` by its
 * sender, after its `deadline`, or `cut off` by us together with its connection. `sender limit`: its sender uses all the
 * memory that one sender may have.
 */
export type EndedAs =
  | `grpc ${number}`
  | `http ${number}`
  | 'cancelled'
  | 'deadline'
  | 'cut off'
  | 'sender limit';
