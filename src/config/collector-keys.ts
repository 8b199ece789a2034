// Keys of a collector's configuration that people may paste into ours, and what to write instead: the rest of a sentence that
// begins with the path. A name of the collector's may have a suffix: `file_log/audit`.

type Instead = Readonly<Record<string, string>>;

const FILE_RECEIVER =
  'is a receiver of the collector; only otlp is read here: let a collector read the file and send its records to receivers.otlp.grpc.endpoint';
const LEAVE_OUT = 'belongs to a collector: leave it out';

export const TOP_LEVEL: Instead = {
  exporters:
    'belongs to a collector: name the places to which risk events go under destinations (destinations.NAME.endpoint)',
  processors: `${LEAVE_OUT} (batches are delivery.batch)`,
  connectors: LEAVE_OUT,
  extensions: LEAVE_OUT,
  service: `${LEAVE_OUT}; there is one pipeline, from receivers to destinations (service.telemetry.logs is telemetry.logs)`,
};

export const RECEIVERS: Instead = {
  filelog: FILE_RECEIVER,
  file_log: FILE_RECEIVER,
  k8sobjects: FILE_RECEIVER,
  k8s_objects: FILE_RECEIVER,
  webhookevent: FILE_RECEIVER,
  webhook_event: FILE_RECEIVER,
  otlp: 'is a second name of otlp; there is one receiver: write receivers.otlp',
};

export const OTLP_RECEIVER: Instead = {
  protocols: 'is one level too many: write receivers.otlp.grpc in place of receivers.otlp.protocols.grpc',
  http: 'is not there yet: use receivers.otlp.grpc, and an exporter otlp_grpc in the collector',
};

export const GRPC_RECEIVER: Instead = {
  tls: 'is not there yet: listen on localhost, or put a proxy with TLS in front',
  max_recv_msg_size: 'has another name: write max_recv_msg_size_mib',
};

export const DESTINATION: Instead = {
  encoding: 'has another name: write protocol, with http/protobuf or http/json',
  sending_queue: 'has another name: all destinations share delivery.outbox and delivery.batch',
  retry_on_failure:
    'has another name: write delivery.initial_backoff and delivery.max_backoff; it never stops to retry',
  auth: 'is not there: write the header that it would make under headers, such as authorization: ${env:TOKEN}',
  traces_endpoint: 'has no use: only logs are sent; write endpoint or logs_endpoint',
  metrics_endpoint: 'has no use: only logs are sent; write endpoint or logs_endpoint',
};

export const DESTINATION_TLS: Instead = {
  insecure: 'is not there: write http:// in endpoint for a receiver without TLS',
  insecure_skip_verify:
    'is not there: a receiver is always verified; name the certificate of its authority in ca_file',
  server_name_override: 'is not there: write a name that the certificate has in endpoint',
  ca_pem: 'is not there: write the path of a file in ca_file',
  cert_pem: 'is not there: write the path of a file in cert_file',
  key_pem: 'is not there: write the path of a file in key_file',
};
