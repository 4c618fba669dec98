#!/bin/sh
# Makes the keytabs, caches and the texts of this directory anew with MIT krb5 1.20 (README.md). Runs as root in a
# network namespace of its own, so that port 88 is free and the machine's addresses stay out of the files.
set -eu
[ "${1:-}" = inside ] || exec unshare -n sh "$0" inside
cd "$(dirname "$0")"
dir=$(mktemp -d)
trap 'kill "$(cat "$dir/kdc.pid")"; rm -rf "$dir"' EXIT
ip link set lo up
export TZ=UTC LC_ALL=C KRB5_CONFIG="$dir/krb5.conf" KRB5_KDC_PROFILE="$dir/kdc.conf"

cat > "$dir/krb5.conf" <<END
[libdefaults]
 default_realm = LAB.EXAMPLE
 dns_lookup_kdc = false
 dns_canonicalize_hostname = false
 allow_weak_crypto = true
 allow_rc4 = true
 allow_des3 = true
 forwardable = true
 renew_lifetime = 7d
[realms]
 LAB.EXAMPLE = {
  kdc = 127.0.0.1
 }
END
sed 's/^ forwardable.*/&\n ccache_type = 3/' "$dir/krb5.conf" > "$dir/version3.conf"
sed 's/^ forwardable.*/&\n noaddresses = false\n extra_addresses = 192.0.2.7 127.0.0.1/' "$dir/krb5.conf" > "$dir/addresses.conf"
cat > "$dir/kdc.conf" <<END
[kdcdefaults]
 kdc_listen = 127.0.0.1:88
 kdc_tcp_listen = 127.0.0.1:88
[realms]
 LAB.EXAMPLE = {
  database_name = $dir/principal
  key_stash_file = $dir/stash
  max_life = 1d
  max_renewable_life = 14d
  supported_enctypes = aes256-cts:normal aes128-cts:normal aes256-sha2:normal aes128-sha2:normal camellia256-cts:normal camellia128-cts:normal des3-cbc-sha1:normal arcfour-hmac:normal
 }
END

random() { head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
admin() { kadmin.local -q "$1" > /dev/null 2>&1; }
alice=$(random) bob=$(random) carol=$(random)
kdb5_util create -s -P "$(random)" -r LAB.EXAMPLE > /dev/null
admin "addprinc -pw $alice alice"
admin "addprinc -pw $bob +requires_preauth bob/admin"
admin "addprinc -randkey host/fs1.lab.example"
admin "addprinc -randkey HTTP/web1.lab.example"
admin "modprinc -kvno 300 HTTP/web1.lab.example"
admin "addprinc -randkey x"
krb5kdc -P "$dir/kdc.pid"
until [ -s "$dir/kdc.pid" ]; do :; done

rm -f ./*.keytab ./*.ccache ./*.klist
admin "ktadd -k services.keytab host/fs1.lab.example"
admin "ktadd -k services.keytab -norandkey HTTP/web1.lab.example"
admin "ktadd -k services.keytab -e aes256-sha2:normal,aes128-cts:normal host/fs1.lab.example"
cp services.keytab hole.keytab
admin "ktremove -k hole.keytab HTTP/web1.lab.example all"
cp hole.keytab reused-hole.keytab
admin "ktadd -k reused-hole.keytab -e aes128-cts:normal x"
printf '\005\001' > version1.keytab
ktutil > /dev/null <<END
addent -password -p carol@LAB.EXAMPLE -k 256 -e aes128-cts
$carol
addent -password -p host/fs1.lab.example@LAB.EXAMPLE -k 70000 -e aes256-cts
$carol
addent -password -p carol@LAB.EXAMPLE -k 255 -e arcfour-hmac
$carol
delent 3
addent -password -p dave\\@example.com@OTHER -k 7 -e aes128-sha2
$carol
wkt ktutil.keytab
wkt version1.keytab
END

echo "$alice" | kinit -c alice.ccache alice > /dev/null
echo "$bob" | kinit -p -c bob.ccache bob/admin > /dev/null
kvno -q -c bob.ccache host/fs1.lab.example HTTP/web1.lab.example
kvno -q -c bob.ccache --u2u alice.ccache alice
export KRB5_CONFIG="$dir/addresses.conf"
echo "$alice" | kinit -a -c addresses.ccache alice > /dev/null
kvno -q -c addresses.ccache host/fs1.lab.example
export KRB5_CONFIG="$dir/version3.conf"
echo "$bob" | kinit -c version3.ccache bob/admin > /dev/null
kvno -q -c version3.ccache host/fs1.lab.example
export KRB5_CONFIG="$dir/krb5.conf"
cc -o "$dir/store" store.c -lkrb5
"$dir/store" bob.ccache stored.ccache

for file in *.keytab; do klist -kte "$file" > "$file.klist"; done
for file in *.ccache; do klist -efanC -c "$file" > "$file.klist"; done
cc -o "$dir/errors" errors.c -lkrb5 -lcom_err
{
    echo "# com_err number, MIT constant, MIT text; printed by errors.c with MIT krb5 1.20.1"
    "$dir/errors" < /usr/include/krb5/krb5.h
} > mit-errors.txt
