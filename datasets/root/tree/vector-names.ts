/** Renames members of ROOT's vector classes to the names of four-vectors and points in queries. */

const points = { fX: "x", fY: "y", fZ: "z" };
const cartesian = { fX: "px", fY: "py", fZ: "pz" };

const classes: readonly (readonly [RegExp, Readonly<Record<string, string>>])[] = [
  [/^TVector[23]$/, points],
  [/^TLorentzVector$/, { "fP.x": "px", "fP.y": "py", "fP.z": "pz", fE: "energy" }],
  [/^ROOT::Math::PxPyPzE4D</, { ...cartesian, fT: "energy" }],
  [/^ROOT::Math::PxPyPzM4D</, { ...cartesian, fM: "mass" }],
  [/^ROOT::Math::PtEtaPhiE4D</, { fPt: "pt", fEta: "eta", fPhi: "phi", fE: "energy" }],
  [/^ROOT::Math::PtEtaPhiM4D</, { fPt: "pt", fEta: "eta", fPhi: "phi", fM: "mass" }],
  [/^ROOT::Math::Cartesian[23]D</, points],
];

/** The name of a member of a class, as a path; members further inside are already renamed. */
export function vectorPath(className: string, path: readonly string[]): readonly string[] {
  const known = classes.find(([pattern]) => pattern.test(className))?.[1][path.join(".")];
  if (known !== undefined) return [known];
  const isGeneric = /^ROOT::Math::(LorentzVector|DisplacementVector[23]D|PositionVector[23]D)</.test(className);
  return isGeneric && path[0] === "fCoordinates" && path.length > 1 ? path.slice(1) : path;
}

/** The same for a branch with one member of a split object; `className` is the class that declares the member. */
export function splitParts(className: string, parts: readonly string[]): readonly string[] {
  const owner = parts.slice(0, -1);
  const [name] = vectorPath(className, parts.slice(-1));
  if (className === "TVector3" && owner.at(-1) === "fP") return [...owner.slice(0, -1), `p${name}`];
  return [...(owner.at(-1) === "fCoordinates" ? owner.slice(0, -1) : owner), name];
}
