/** A queue whose items can leave from anywhere in constant time. An item is in one list at a time and carries its own links. */
export interface Linked<T> {
  previous: T | undefined;
  next: T | undefined;
}

export class LinkedList<T extends Linked<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get first(): T | undefined {
    return this.#first;
  }

  get size(): number {
    return this.#size;
  }

  append(item: T): void {
    item.previous = this.#last;
    item.next = undefined;
    if (this.#last === undefined) this.#first = item;
    else this.#last.next = item;
    this.#last = item;
    this.#size++;
  }

  prepend(item: T): void {
    this.insert(item, this.#first);
  }

  /** Inserts an item before `next`, which must be in this list, or at the end if it is undefined. */
  insert(item: T, next: T | undefined): void {
    if (next === undefined) {
      this.append(item);
      return;
    }
    item.previous = next.previous;
    item.next = next;
    if (next.previous === undefined) this.#first = item;
    else next.previous.next = item;
    next.previous = item;
    this.#size++;
  }

  /** The item must be in this list. */
  remove(item: T): void {
    if (item.previous === undefined) this.#first = item.next;
    else item.previous.next = item.next;
    if (item.next === undefined) this.#last = item.previous;
    else item.next.previous = item.previous;
    item.previous = undefined;
    item.next = undefined;
    this.#size--;
  }
}
