/** Writes events to a subscriber as records whose bytes arrive cut anywhere and glued together. */
import type { ServerResponse } from "node:http";

export class EventStream {
  readonly id = crypto.randomUUID();
  #response: ServerResponse;
  #pending = Buffer.alloc(0);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #random: () => number;
  #isOver = false;
  /** If set, nothing is written, but the stream stays open. */
  isSilent = false;

  constructor(response: ServerResponse, random: () => number) {
    this.#response = response;
    this.#random = random;
    response.writeHead(200, { "content-type": "application/json", "mesos-stream-id": this.id });
    response.flushHeaders();
    response.on("close", () => {
      this.#isOver = true;
      clearTimeout(this.#timer);
    });
  }

  send(event: unknown): void {
    if (this.#isOver) return;
    const data = Buffer.from(JSON.stringify(event));
    this.#pending = Buffer.concat([this.#pending, Buffer.from(`${data.length}\n`), data]);
    this.#timer ??= setTimeout(() => this.#write(), 0);
  }

  /** Ends the stream after all that was sent. */
  end(): void {
    clearTimeout(this.#timer);
    this.#response.end(this.#pending);
    this.#pending = Buffer.alloc(0);
  }

  /** Breaks the connection; if a record is being sent, in its middle. */
  cut(): void {
    clearTimeout(this.#timer);
    if (this.#pending.length > 1) this.#response.write(this.#pending.subarray(0, this.#pending.length >> 1));
    this.#response.destroy();
  }

  #write(): void {
    this.#timer = undefined;
    if (this.#pending.length === 0) return;
    if (this.isSilent) {
      this.#timer = setTimeout(() => this.#write(), 10);
      return;
    }
    // A third of all writes ends at any byte; the others carry all that came meanwhile.
    const length = this.#random() < 1 / 3 ? 1 + Math.floor(this.#random() * this.#pending.length) : this.#pending.length;
    this.#response.write(this.#pending.subarray(0, length));
    this.#pending = this.#pending.subarray(length);
    this.#timer = setTimeout(() => this.#write(), 0);
  }
}
