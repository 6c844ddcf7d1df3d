/** The factor α with which binary weights stand for real ones. */

/**
 * The mean of |w| of each output, which is the α that brings α·sign(w) nearest to w (XNOR-Net: Rastegari et al., 2016, section 3.1).
 * Summed in the order of the weights in float64, and rounded to float32 once.
 * @param weights of all outputs; weight i is one of output ⌊i / stride⌋ mod outputs
 * @param stride elements between neighbours along the axis of outputs: 1 where they are last, all weights of one where they are first
 */
export function meanMagnitudes(weights: ArrayLike<number>, outputs: number, stride: number): Float32Array {
  const sums = new Float64Array(outputs);
  for (let i = 0; i < weights.length; i += 1) {
    const output = Math.floor(i / stride) % outputs;
    sums[output] = (sums[output] ?? 0) + Math.abs(weights[i] ?? 0);
  }
  return Float32Array.from(sums, (sum) => sum / (weights.length / outputs));
}
