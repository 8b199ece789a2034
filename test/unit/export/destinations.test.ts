import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { fromBinary } from '@bufbuild/protobuf';
import { otlpDestination } from '../../../src/export/otlp-destination.ts';
import { consoleDestination } from '../../../src/export/stdout.ts';
import { otlpLogRecords } from '../../../src/formats/otlp-log-records.ts';
import { ExportLogsServiceRequestSchema } from '../../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { seconds } from '../../../src/lib/time-format.ts';
import { wallClock } from '../../../src/ops/clock.ts';
import { writer } from '../../../src/setup/stream-writer.ts';
import { destinationContract, type OtherEnd } from '../../contract/destination.ts';
import { TEN } from '../../support/events.ts';
import { grpcNextHop } from '../../support/next-hop.ts';
import { decode, loopback, succeed, uidsIn } from './loopback.ts';

for (const protocol of ['http/json', 'http/protobuf'] as const)
  destinationContract(protocol, async (end: OtherEnd) => {
    const server = await loopback((response, received) => {
      if (end === 'takes') succeed(response, received);
    });
    if (end === 'is gone') await server[Symbol.asyncDispose]();
    const secrets = { keys: {}, headers: new Map() };
    const destination = otlpDestination(
      {
        name: 'siem',
        protocol,
        url: server.url,
        secrets: () => secrets,
        timeout: seconds(20),
        compression: 'none',
        version: '1.2.3',
        format: otlpLogRecords('1.2.3'),
      },
      () => TEN,
    );
    return {
      destination,
      arrived: async () => server.received.flatMap((one) => uidsIn(decode(one))),
      async [Symbol.asyncDispose]() {
        await destination.stop();
        if (end !== 'is gone') await server[Symbol.asyncDispose]();
      },
    };
  });

destinationContract('grpc', async (end: OtherEnd) => {
  const server = await grpcNextHop(() => (end === 'takes' ? new Uint8Array() : 'nothing'));
  if (end === 'is gone') await server[Symbol.asyncDispose]();
  const secrets = { keys: {}, headers: new Map() };
  const destination = otlpDestination(
    {
      name: 'siem',
      protocol: 'grpc',
      url: `http://${server.address}`,
      secrets: () => secrets,
      timeout: seconds(20),
      compression: 'none',
      version: '1.2.3',
      format: otlpLogRecords('1.2.3'),
    },
    wallClock,
  );
  return {
    destination,
    arrived: async () =>
      server.received.flatMap(({ bytes }) => uidsIn(fromBinary(ExportLogsServiceRequestSchema, bytes))),
    async [Symbol.asyncDispose]() {
      await destination.stop();
      await server[Symbol.asyncDispose]();
    },
  };
});

destinationContract('console', async (end: OtherEnd) => {
  let text = '';
  const sockets: Socket[] = [];
  const server = createServer({ pauseOnConnect: end === 'stands still' }, (socket) => {
    sockets.push(socket.on('error', () => {}));
    if (end === 'takes') socket.on('data', (chunk) => (text += chunk));
    if (end === 'is gone') socket.destroy();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const stream = createConnection(port, '127.0.0.1').on('error', () => {});
  await once(stream, 'connect');
  const uids = () =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' ')[0]!);
  return {
    destination: consoleDestination(writer(stream), (events) =>
      events.map(({ uid, attributes }) => `${uid} ${attributes['filler']}\n`).join(''),
    ),
    async arrived(n) {
      while (uids().length < n) await once(sockets[0]!, 'data');
      return uids();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of [stream, ...sockets]) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
});
