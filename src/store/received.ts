import type { ByteRange } from '#bytes';

interface Segment {
  start: number;
  end: number;
}

/** Which bytes of a blob are here: sorted segments that neither touch nor overlap. */
export class Received {
  readonly #segments: Segment[] = [];

  /** A live view. */
  get ranges(): readonly ByteRange[] {
    return this.#segments;
  }

  /** Where the bytes that are here without a gap from the first one end. */
  get frontier(): number {
    const first = this.#segments[0];
    return first !== undefined && first.start === 0 ? first.end : 0;
  }

  /** True when a segment ends at `position`: bytes put there make it longer. */
  continuesAt(position: number): boolean {
    return this.#segments.some((segment) => segment.end === position);
  }

  /** The parts of `[start, end)` that are not here. */
  missing(start: number, end: number): ByteRange[] {
    const gaps: ByteRange[] = [];
    let at = start;
    for (const segment of this.#segments) {
      if (segment.end <= at) continue;
      if (segment.start >= end) break;
      if (segment.start > at) gaps.push({ start: at, end: segment.start });
      at = segment.end;
    }
    if (at < end) gaps.push({ start: at, end });
    return gaps;
  }

  add(start: number, end: number): void {
    if (end <= start) return;
    const first = this.#segments.findIndex((segment) => segment.end >= start);
    const segment = this.#segments[first];
    if (segment === undefined || segment.start > end) {
      this.#segments.splice(first === -1 ? this.#segments.length : first, 0, { start, end });
      return;
    }
    segment.start = Math.min(segment.start, start);
    segment.end = Math.max(segment.end, end);
    for (let next = this.#segments[first + 1]; next !== undefined && next.start <= segment.end; ) {
      segment.end = Math.max(segment.end, next.end);
      this.#segments.splice(first + 1, 1);
      next = this.#segments[first + 1];
    }
  }

  clear(): void {
    this.#segments.length = 0;
  }
}
