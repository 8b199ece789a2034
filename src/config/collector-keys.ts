// Keys of a collector's configuration that people may paste into ours, and older names of our own keys, with what to write
// instead: the rest of a sentence that begins with the path. A name of the collector's may have a suffix: `file_log/audit`.

type Instead = Readonly<Record<string, string>>;

const FILE_RECEIVER =
  'is a receiver of the collector: let a collector read the file and send its records to receivers.otlp.protocols.grpc.endpoint';
const WEBHOOK =
  'is a receiver of the collector: write kubernetes_audit_webhook, which reads what an API server sends';
const LEAVE_OUT = 'belongs to a collector: leave it out';

export const TOP_LEVEL: Instead = {
  exporters:
    'belongs to a collector: name the places to which risk events go under destinations (destinations.NAME.endpoint)',
  processors: `${LEAVE_OUT} (memory_limiter is a section at the top; batches are destinations.NAME.sending_queue.batch)`,
  connectors: LEAVE_OUT,
  extensions: `${LEAVE_OUT} (health_check is telemetry.health; bearertokenauth is auth of a receiver)`,
  service: `${LEAVE_OUT}; there is one pipeline, from receivers to destinations (service.telemetry.logs is telemetry.logs)`,
};

export const MEMORY_LIMITER: Instead = {
  limit_percentage: 'is not there: write limit_mib',
  spike_limit_percentage: 'is not there: write spike_limit_mib',
  min_gc_interval_when_soft_limited: 'is not there: it is always 10s; leave it out',
  min_gc_interval_when_hard_limited: 'is not there: it is always 10s; leave it out',
};

export const RECEIVERS: Instead = {
  filelog: FILE_RECEIVER,
  file_log: FILE_RECEIVER,
  k8sobjects: FILE_RECEIVER,
  k8s_objects: FILE_RECEIVER,
  webhookevent: WEBHOOK,
  webhook_event: WEBHOOK,
  otlp: 'is a second name of otlp; there is one receiver: write receivers.otlp',
};

export const OTLP_RECEIVER: Instead = {
  grpc: 'is the short form of protocols.grpc, which is there too: write its keys under receivers.otlp.protocols.grpc',
  http: 'belongs below protocols: write receivers.otlp.protocols.http',
};

export const PROTOCOLS: Instead = {
  arrow: 'is not there: let the collector send with an exporter otlp_grpc',
};

export const GRPC_RECEIVER: Instead = {
  max_held_mib: 'has another name: write limits.requests_mib',
  max_recv_msg_size: 'has another name: write max_recv_msg_size_mib',
  transport: 'is not there: write unix:///PATH in endpoint for a unix socket, and leave this out',
  read_buffer_size: LEAVE_OUT,
  write_buffer_size: LEAVE_OUT,
  include_metadata: LEAVE_OUT,
  middlewares: LEAVE_OUT,
};

const TIMEOUT = 'is not there: a request has a minute to arrive, an idle connection two; leave it out';

export const HTTP_RECEIVER: Instead = {
  max_request_body_size_mib: 'has another name and another unit: write max_request_body_size, in bytes',
  logs_url_path: 'is not there: it is always /v1/logs; leave it out',
  traces_url_path: 'has no use: only logs are read; leave it out',
  metrics_url_path: 'has no use: only logs are read; leave it out',
  transport: 'is not there: write unix:///PATH in endpoint for a unix socket, and leave this out',
  compression_algorithms: 'is not there: gzip, deflate and zstd are always read; leave it out',
  read_timeout: TIMEOUT,
  read_header_timeout: TIMEOUT,
  write_timeout: TIMEOUT,
  idle_timeout: TIMEOUT,
  keep_alives_enabled: 'is not there: connections are always kept, and end after five minutes; leave it out',
  response_headers: LEAVE_OUT,
  include_metadata: LEAVE_OUT,
  middlewares: LEAVE_OUT,
};

export const WEBHOOK_RECEIVER: Instead = {
  cluster: 'is not there: name it in the path of the server in the kubeconfig: /clusters/NAME',
  max_request_body_size_mib: 'has another name and another unit: write max_request_body_size, in bytes',
};

export const CORS: Instead = {
  exposed_headers: 'is not there: an answer has no headers that a page needs; leave it out',
};

export const KEEPALIVE: Instead = {
  enforcement_policy: 'is not there: clients may send pings as often as they want; leave it out',
};

export const RECEIVER_AUTH: Instead = {
  authenticator:
    'is an extension of the collector: write tokens: [{file: PATH}], with a bearer token per line',
};

const NO_PEM = 'is not there: write the path of a file in';

export const SERVER_TLS: Instead = {
  ca_file: 'has another name: write client_ca_file',
  ca_pem: `${NO_PEM} client_ca_file`,
  cert_pem: `${NO_PEM} cert_file`,
  key_pem: `${NO_PEM} key_file`,
  client_ca_file_reload: 'is not there: a changed file is always read again; leave it out',
  max_version: 'is not there: the highest version of TLS is always allowed; leave it out',
  cipher_suites: "is not there: Node's defaults are used; leave it out",
  curve_preferences: "is not there: Node's defaults are used; leave it out",
};

export const DELIVERY: Instead = {
  outbox: 'has another name: write destinations.NAME.sending_queue.queue_size',
  batch: 'has another name: write destinations.NAME.sending_queue.batch.max_size',
  initial_backoff: 'has another name: write destinations.NAME.retry_on_failure.initial_interval',
  max_backoff: 'has another name: write destinations.NAME.retry_on_failure.max_interval',
};

export const DESTINATION: Instead = {
  encoding: 'has another name: write protocol, with http/protobuf or http/json',
  auth: 'is not there: write the header that it would make under headers, such as authorization: ${env:TOKEN}, or under headers_from_files',
  traces_endpoint: 'has no use: only logs are sent; write endpoint or logs_endpoint',
  metrics_endpoint: 'has no use: only logs are sent; write endpoint or logs_endpoint',
  wait_for_ready: 'is not there: without a connection an attempt fails at once and is repeated; leave it out',
  balancer_name: 'is not there: one address is used at a time; leave it out',
  read_buffer_size: LEAVE_OUT,
  write_buffer_size: LEAVE_OUT,
};

const AT_ONCE = 'is not there: risk events are sent at once, in batches when several wait; leave it out';

export const SENDING_QUEUE: Instead = {
  enabled: 'is not there: risk events always go through the queue; leave it out',
  num_consumers: 'is not there: a destination gets one request at a time; leave it out',
  storage: 'is not there: the queue is in memory; leave it out',
  block_on_overflow: 'has another name: write on_full, with block (the default), drop_oldest or dead_letter',
  wait_for_result: 'is not there: a request is answered once its risk events are in the queue; leave it out',
};

export const QUEUE_BATCH: Instead = {
  flush_timeout: AT_ONCE,
  min_size: AT_ONCE,
  sizer: 'is not there: sending_queue.sizer is the same for both; leave it out',
};

const ALWAYS_RETRIES = 'is not there: Sidewatch retries until the destination decides; leave it out';

export const RETRY_ON_FAILURE: Instead = {
  enabled: ALWAYS_RETRIES,
  max_elapsed_time: ALWAYS_RETRIES,
  multiplier: 'is not there: the longest pause doubles with each failed attempt; leave it out',
  randomization_factor: 'is not there: a pause is random from nothing to its longest length; leave it out',
};

export const CLIENT_TLS: Instead = {
  insecure: 'is not there: write http:// in endpoint for a receiver without TLS',
  reload_interval: 'is not there: files are checked every minute; leave it out',
  insecure_skip_verify:
    'is not there: a receiver is always verified; name the certificate of its authority in ca_file',
  server_name_override: 'is not there: write a name that the certificate has in endpoint',
  ca_pem: `${NO_PEM} ca_file`,
  cert_pem: `${NO_PEM} cert_file`,
  key_pem: `${NO_PEM} key_file`,
};

export const CONSOLE: Instead = {
  allow_unauthenticated:
    'is not there: the console shows risk events; write tokens: [{file: PATH}] under auth, or a localhost address in endpoint',
  tls: 'is not there: write a localhost address in endpoint, or allow_plaintext: true',
};

export const METRICS: Instead = {
  address: 'has another name: write endpoint',
  readers: 'belongs to a collector: write endpoint for Prometheus, or otlp.endpoint to send metrics',
};

export const METRICS_OTLP: Instead = {
  protocol: 'is not there: metrics are sent as http/protobuf; leave it out',
  encoding: 'is not there: metrics are sent as http/protobuf; leave it out',
  sending_queue: 'is not there: metrics that cannot be sent are not kept; leave it out',
  retry_on_failure: 'is not there: the next interval sends the current figures; leave it out',
};

const NOTHING_WAITS =
  'is not there: nothing waits here, the sender keeps a request and retries; leave it out';

export const CLIENT_KEEPALIVE: Instead = {
  client_parameters:
    'has another name: write keepalive.time, keepalive.timeout and keepalive.permit_without_stream',
};

export const FORWARD: Instead = {
  mode: 'is not there: requests always pass; leave it out',
  logs_endpoint: 'is not there: write endpoint, and protocol: http/protobuf',
  encoding: 'is not there: the encoding of a request does not change; leave it out',
  auth: DESTINATION['auth']!,
  sending_queue: NOTHING_WAITS,
  retry_on_failure: NOTHING_WAITS,
  wait_for_ready: 'is not there: without a connection the sender is answered at once; leave it out',
  balancer_name: 'is not there: one address is used at a time; leave it out',
  keepalive: LEAVE_OUT,
};
