# Reads apk's database of installed packages. show: names, versions, described, listed, installed, about, contents; wanted: names, one a line.
# By name, as apk lists them.
function tell(text) { texts[field["P"]] = texts[field["P"]] text }
BEGIN {
  split("", want); split("", texts)
  PROCINFO["sorted_in"] = "@ind_str_asc"
  count = split(wanted, lines, "\n")
  for (i = 1; i <= count; i++) if (lines[i] != "") want[lines[i]] = 1
  RS = ""; FS = "\n"
}
{
  split("", field); files = ""; folder = ""
  for (i = 1; i <= NF; i++) {
    key = substr($i, 1, 1); value = substr($i, 3)
    if (key == "F") folder = value
    else if (key == "R") files = files (folder == "" ? "" : folder "/") value "\n"
    else if (!(key in field)) field[key] = value
  }
  if (length(want) && !(field["P"] in want)) next
  found[field["P"]] = 1
  full = field["P"] "-" field["V"]
  if (show == "names" || show == "installed") tell(field["P"] "\n")
  else if (show == "versions") tell(full "\n")
  else if (show == "described") tell(full " - " field["T"] "\n")
  else if (show == "listed") tell(full " " field["A"] " {" (field["o"] == "" ? field["P"] : field["o"]) "} (" field["L"] ") [installed]\n")
  else if (show == "contents") tell(sprintf("%s contains:\n%s\n", full, files))
  else tell(sprintf("%s description:\n%s\n\n%s webpage:\n%s\n\n%s installed size:\n%d KiB\n\n", full, field["T"], full, field["U"], full, field["I"] / 1024))
}
END {
  for (name in texts) printf "%s", texts[name]
  for (name in want) if (!(name in found)) exit 1
}
