import { Server, ServerCredentials } from '@grpc/grpc-js';
import { createServer } from 'node:net';
const mode = process.argv[3] ?? process.env['M'] ?? '';
const server = new Server({ 'grpc.max_receive_message_length': 64 * 2 ** 20, ...(mode.includes('s') ? {'grpc.max_concurrent_streams': 100}:{}), ...(mode.includes('a') ? { 'grpc.max_connection_age_ms': 300_000, 'grpc.max_connection_age_grace_ms': 60_000 }:{}) });
const asIs = (bytes: Buffer) => bytes;
server.addService({ export: { path: '/opentelemetry.proto.collector.logs.v1.LogsService/Export', requestStream: false, responseStream: false, requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs } },
  { export: mode.includes('d') ? (_: unknown, respond: any) => void Promise.resolve().then(()=>respond(null, Buffer.alloc(0))) : (_: unknown, respond: any) => respond(null, Buffer.alloc(0)) });
if (mode.includes('i')) { const inj = server.createConnectionInjector(ServerCredentials.createInsecure());
 const s = createServer({allowHalfOpen: mode.includes('h')},(k) => inj.injectConnection(k)); s.listen(0,'127.0.0.1',()=>process.stderr.write(`listening for OTLP on 127.0.0.1:${(s.address() as any).port} (gRPC)\n`)); }
else server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, port) => process.stderr.write(`listening for OTLP on 127.0.0.1:${port} (gRPC)\n`));
if (mode.includes('G')) await import('../../src/receive/grpc.ts');
if (mode.includes('R')) await import('../../src/receive/reply.ts');
if (mode.includes('Z')) await import('node:zlib');
