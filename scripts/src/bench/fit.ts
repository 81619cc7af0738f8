/** Gas of a settled day as fixed + classes x perClass + meters x perMeter. */
export type GasParts = { readonly fixed: number; readonly perClass: number; readonly perMeter: number };

/**
 * The parts that fit measured days best: least squares.
 *
 * @throws Error when the days do not determine three parts.
 */
export function fitGas(
  days: readonly { readonly meters: number; readonly classes: number; readonly gas: number }[],
): GasParts {
  const rows = days.map(({ meters, classes, gas }) => ({ x: [1, classes, meters] as const, gas }));
  const normal = [0, 1, 2].map((i) => [
    ...[0, 1, 2].map((j) => rows.reduce((sum, { x }) => sum + (x[i] ?? 0) * (x[j] ?? 0), 0)),
    rows.reduce((sum, { x, gas }) => sum + (x[i] ?? 0) * gas, 0),
  ]);
  const [fixed = 0, perClass = 0, perMeter = 0] = solve(normal);
  return { fixed, perClass, perMeter };
}

/** Gauss-Jordan with pivoting; each row of the matrix ends with its right-hand side. */
function solve(matrix: number[][]): number[] {
  const size = matrix.length;
  for (let column = 0; column < size; column++) {
    const below = matrix.slice(column);
    const pivot = below.reduce((best, row) => (Math.abs(row[column] ?? 0) > Math.abs(best[column] ?? 0) ? row : best));
    const divisor = pivot[column] ?? 0;
    if (Math.abs(divisor) < 1e-6) throw new Error("Meters and classes do not vary enough to tell their parts apart.");
    matrix.splice(matrix.indexOf(pivot), 1, matrix[column] ?? []);
    matrix[column] = pivot.map((value) => value / divisor);
    for (const [index, row] of matrix.entries()) {
      if (index === column) continue;
      const factor = row[column] ?? 0;
      matrix[index] = row.map((value, at) => value - factor * (matrix[column]?.[at] ?? 0));
    }
  }
  return matrix.map((row) => row[size] ?? 0);
}
