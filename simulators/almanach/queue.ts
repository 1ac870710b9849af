import type { Socket } from 'node:net';

/** The connections of a server that serves one after the other (sheet 1.1), in the order of their arrival. */
export interface Queue {
  enter(socket: Socket): void;
  /** Waits until all that came before have closed, or the server takes many at once. */
  turn(socket: Socket): Promise<void>;
}

export function createQueue(isSingle: () => boolean): Queue {
  const open: Socket[] = [];
  const leave = (socket: Socket) => void open.splice(open.indexOf(socket), 1);
  const turn = async (socket: Socket): Promise<void> => {
    const [first] = open;
    if (!isSingle() || first === undefined || first === socket || !open.includes(socket)) return;
    await new Promise((resolve) => first.once('close', resolve));
    return turn(socket);
  };
  return {
    enter(socket) {
      open.push(socket);
      socket.once('close', () => leave(socket));
    },
    turn,
  };
}
