const MIN_WIDTH = 10;
const PADDING = 3;

/**
 * Text with tabs as Go's tabwriter aligns it with docker's settings: a cell is what a tab ends, a column is the cells below each other
 * on lines that follow each other, and is at least ten characters wide, three of them behind its longest cell.
 */
export function alignTabs(text: string): string {
  const lines = text.split('\n').map((line) => line.split('\t'));
  const widths = lines.map((cells) => cells.slice(0, -1).map(() => 0));
  lines.forEach((cells, row) => {
    for (let column = 0; column < cells.length - 1; column += 1) {
      if (widths[row]?.[column] === 0) setWidth(lines, widths, row, column);
    }
  });
  return lines
    .map((cells, row) => cells.map((cell, column) => padded(cell, widths[row]?.[column] ?? 0)).join(''))
    .join('\n');
}

/** Measures the column that begins on line `row`, and writes its width to all of its lines. */
function setWidth(lines: readonly (readonly string[])[], widths: number[][], row: number, column: number): void {
  let end = row;
  let width = MIN_WIDTH;
  for (; end < lines.length; end += 1) {
    const cells = lines[end] ?? [];
    if (column >= cells.length - 1) break;
    width = Math.max(width, lengthOf(cells[column] ?? '') + PADDING);
  }
  for (let line = row; line < end; line += 1) {
    const own = widths[line];
    if (own !== undefined) own[column] = width;
  }
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(width - lengthOf(cell), 0));
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}
