import encodeQR from "qr";
import { useMemo } from "preact/hooks";

/** Light modules around a code, so that cameras find it. ISO/IEC 18004, 5.3.8. */
const quiet = 4;

/** A QR code as one path, `wide` for one of many modules: larger, with less to correct errors. Dark on light in both schemes: many cameras read nothing else. */
export function Qr({ text, label, wide = false }: { text: string; label: string; wide?: boolean }) {
  const { path, size } = useMemo(() => {
    const rows = encodeQR(text, "raw", { ecc: wide ? "low" : "medium", border: quiet });
    return { path: pathOf(rows), size: rows.length };
  }, [text]);
  return (
    <svg class="qr" data-wide={wide ? "yes" : undefined} role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`} shape-rendering="crispEdges">
      <path class="qr-ground" d={`M0 0h${size}v${size}h${-size}z`} />
      <path class="qr-dark" d={path} />
    </svg>
  );
}

/** Each run of dark modules in a row is one rectangle. */
function pathOf(rows: readonly (readonly boolean[])[]): string {
  let d = "";
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      if (!row[x]) continue;
      let end = x;
      while (row[end]) end++;
      d += `M${x} ${y}h${end - x}v1h${x - end}z`;
      x = end;
    }
  });
  return d;
}
