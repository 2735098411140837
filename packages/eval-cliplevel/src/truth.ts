/** Which classes are true of which item. */
export interface Truth {
  /** Row-major `[rows, classes]`, 0 or 1. */
  readonly targets: Uint8Array
  /** Row of each item: patches share the row of their clip. Absent where item i has row i. */
  readonly rowOf?: Int32Array
}

/** The true classes of every row, in their order: those of row r stand in `classes` from `starts[r]` up to `starts[r + 1]`. Most targets are 0: who needs the others looks here. */
export interface TrueClasses {
  readonly starts: Int32Array
  readonly classes: Int32Array
}

/** Lists the true classes of targets `[rows, width]`. */
export function trueClasses(targets: Uint8Array, width: number): TrueClasses {
  const rows = targets.length / width
  const starts = new Int32Array(rows + 1)
  let count = 0
  for (let i = 0; i < targets.length; i++) count += targets[i]!
  const classes = new Int32Array(count)
  for (let row = 0, at = 0; row < rows; row++) {
    for (let c = 0; c < width; c++) if (targets[row * width + c] === 1) classes[at++] = c
    starts[row + 1] = at
  }
  return { starts, classes }
}
