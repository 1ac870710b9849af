import type net from 'node:net';
import type { Millis } from '../lib/time.ts';

/** A way of not answering. */
export interface Stall {
  readonly name: string;
  /** What the server does with a connection; the request's bytes are read and thrown away unless it pauses. */
  accept(socket: net.Socket): void;
  readonly scheme?: 'https';
  /** The name of the host is never resolved: no connection is made at all. */
  readonly nameless?: true;
  /** A body for the request, in bytes. */
  readonly sends?: number;
  /** The server gives up by itself: the call may end, with an error, long before its deadline. */
  readonly ends?: true;
}

/** The longest deadline of a call, in milliseconds. */
export const LONGEST: Millis = 350;
/** Milliseconds between two drops. */
const DROP = 20;
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';

/** Everything that can keep a client waiting, from the look-up of the name to the last byte of the body. */
export const stalls: readonly Stall[] = [
  { name: 'a name that is never resolved', accept() {}, nameless: true },
  { name: 'silence after connect', accept() {} },
  { name: 'TLS that is never answered', accept() {}, scheme: 'https' },
  {
    name: 'a TLS record that never ends',
    scheme: 'https',
    accept: (socket) => drip(socket, Buffer.from([0x16, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc, 3, 3]), 'a'),
  },
  { name: 'a header that never ends', accept: (socket) => drip(socket, `${HEAD}X-Slow: `, 'a') },
  { name: 'headers that never end', accept: (socket) => drip(socket, HEAD, 'X-More: 1\r\n') },
  { name: 'silence after the headers', accept: (socket) => socket.write(`${HEAD}Content-Length: 9\r\n\r\n`) },
  {
    name: 'interim answers without end',
    accept: (socket) => drip(socket, '', 'HTTP/1.1 102 Processing\r\n\r\n'),
  },
  {
    name: 'a body that drips',
    accept: (socket) => drip(socket, `${HEAD}Content-Length: 100000\r\n\r\n[`, ' '),
  },
  {
    name: 'chunks without end',
    accept: (socket) => drip(socket, `${HEAD}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n'),
  },
  { name: 'a body without length', accept: (socket) => drip(socket, `${HEAD}\r\n[`, ' ') },
  {
    name: 'a compressed body that drips',
    accept: (socket) => {
      const start = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
      drip(
        socket,
        Buffer.concat([Buffer.from(`${HEAD}Content-Encoding: gzip\r\n\r\n`), start]),
        Buffer.from([0, 0, 0, 0xff, 0xff]), // an empty stored block
      );
    },
  },
  {
    name: 'trailers without end',
    accept: (socket) =>
      drip(socket, `${HEAD}Transfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n1\r\n \r\n0\r\n`, 'X-T: 1\r\n'),
  },
  {
    name: 'a request that is read too late',
    sends: 8 * 1024 * 1024,
    accept: (socket) => {
      socket.pause();
      const timer = setTimeout(() => socket.resume(), LONGEST + 50); // else the end of the client stays unseen
      socket.on('close', () => clearTimeout(timer));
    },
  },
  { name: 'half-closed before the answer', accept: (socket) => socket.end(), ends: true },
  { name: 'half-closed in the headers', accept: (socket) => socket.end(HEAD), ends: true },
  {
    name: 'half-closed in the body',
    accept: (socket) => socket.end(`${HEAD}Content-Length: 9\r\n\r\n[`),
    ends: true,
  },
  {
    name: 'half-closed in a chunk',
    accept: (socket) => socket.end(`${HEAD}Transfer-Encoding: chunked\r\n\r\n9\r\n[`),
    ends: true,
  },
];

function drip(socket: net.Socket, start: string | Buffer, drop: string | Buffer): void {
  socket.write(start);
  const timer = setInterval(() => socket.write(drop), DROP);
  socket.on('close', () => clearInterval(timer));
}
