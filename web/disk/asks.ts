// File types for which Chromium asks the person before a *move* goes through:
// what it calls dangerous, or dangerous without a click. Nobody answers such a
// question in the middle of a transfer, the move waits for it for ever and locks
// both names. Creating such a file and writing it does not ask. So these are
// copied to their names, and all others moved.
//
// Taken from what Chromium ships as download_file_types (2026); `sh`, `py`,
// `pl`, `jar`, `deb`, `rpm`, `run`, `out`, `bash` and `desktop` were seen to wait
// on Linux. A type that is missing here costs one time-out (land.ts).

export type Platform = "windows" | "mac" | "linux" | "other";

const types: Record<Platform | "any" | "unix", string> = {
  any: "class crx efi jar jnlp oxt pl py pyc pyd pyo pyw rb spl swf",
  unix: "bash csh ksh sh shar tcsh",
  linux: "apk deb desktop out pet pkg pup rpm run slp",
  mac:
    "action applescript as caction cdr command configprofile cpgz dart dc42 definition diskcopy42 dmg dmgpart dvdr dylib " +
    "fileloc img imgpart internetconnect mobileconfig mpkg ndif networkconnect osas osax pax pkg scpt scptd seplugin " +
    "service smi sparsebundle sparseimage toast udif webloc wflow workflow xip",
  windows:
    "accda accdb accde accdr ad ade adp app application appref-ms asp asx bas bat cer cfg chi chm cmd com cpi cpl crt der " +
    "dll drv eml exe fon fxp gadget grp hlp hta htt img inf ini ins inx isp isu job js jse lnk local mad maf mag mam " +
    "manifest maq mar mas mat mau mav maw mda mdb mde mdt mdw mdz mht mhtml mmc mof msc msg msh msh1 msh1xml msh2 msh2xml " +
    "mshxml msi msp mst ocx ops paf partial pcd pif plg prf prg ps1 ps1xml ps2 ps2xml psc1 psc2 pst reg rels rgs scf scr " +
    "sct search-ms settingcontent-ms shb shs slk sys u3p url vb vbe vbs vbscript vdx vsd vsdm vsdx vsmacros vss vssm vssx " +
    "vst vstm vstx vsw vsx vtx website ws wsc wsf wsh xbap xll xml xnk xrm-ms xsd xsl",
  other: "apk dex",
};

/** Which platform a browser runs on, as far as its file types go. */
export function platformOf(userAgent: string): Platform {
  if (userAgent.includes("Windows")) return "windows";
  if (userAgent.includes("Macintosh")) return "mac";
  return userAgent.includes("Linux") && !userAgent.includes("Android") ? "linux" : "other";
}

/** The extensions, in lower case and without a dot, whose files are copied. It may grow while a transfer runs. */
export function askedTypes(platform: Platform): Set<string> {
  const lists = [types.any, types[platform], ...(platform === "windows" ? [] : [types.unix])];
  return new Set(lists.join(" ").split(" "));
}
