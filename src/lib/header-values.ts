const GRPC_NAME = /^[0-9a-z_.-]+$/;
const GRPC_VALUE = /^[ -~]*$/;

/** Whether gRPC can carry a header as text. `name`: in lower case. */
export const grpcCarries = (name: string, value: string): boolean =>
  GRPC_NAME.test(name) && GRPC_VALUE.test(value);

const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/;
const PLAIN_MAX = 256;

/** A value that HTTP and gRPC both carry unchanged. It begins no other header, whoever has written it. */
export const isPlainHeaderValue = (value: string): boolean => value.length <= PLAIN_MAX && PLAIN.test(value);
