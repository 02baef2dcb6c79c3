/** A proxy before a MongoDB server that counts the commands it carries; each is one round trip. */
import { startTcpProxy } from "../servers/tcp-proxy.ts";

export interface CommandCounter {
  readonly uri: string;
  /** Returns the commands since the last call, in order, such as `find results`. Commands that drivers send by themselves are not counted. */
  take(): readonly string[];
  stop(): Promise<void>;
}

const headerBytes = 16;
const opMessage = 2013;
/** Before the command's name stand flags, the kind of the first section, the length of its document and the type of its first element. */
const beforeName = headerBytes + 4 + 1 + 4 + 1;
const ownOfDrivers = new Set(["hello", "ismaster", "isMaster", "endSessions"]);

/** `uri` names one server, by address and port. */
export async function countCommands(uri: string): Promise<CommandCounter> {
  const { hostname, port } = new URL(uri);
  const commands: string[] = [];
  const observe = () => createReader((command) => commands.push(command));
  const proxy = await startTcpProxy(Number(port), { host: hostname, observe });
  return { uri: `mongodb://${proxy.address}/`, take: () => commands.splice(0), stop: () => proxy.stop() };
}

const readText = (message: Buffer, start: number): string => message.toString("utf8", start, message.indexOf(0, start));

/** Reads the bytes of one connection as they come, and tells each command. */
function createReader(tell: (command: string) => void): (data: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (data) => {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= headerBytes && rest.length >= rest.readInt32LE(0)) {
      const message = rest.subarray(0, rest.readInt32LE(0));
      rest = rest.subarray(message.length);
      if (message.readInt32LE(12) !== opMessage) continue;
      const name = readText(message, beforeName);
      // The value beside the name is the collection: its length, then its text.
      if (!ownOfDrivers.has(name)) tell(`${name} ${readText(message, beforeName + name.length + 1 + 4)}`);
    }
  };
}
