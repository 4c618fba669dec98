/* Writes through MIT's library what its programs do not write: a KDC time offset, a configuration entry
 * for the whole cache, removed entries, and a credential with an unknown enctype, authorization data and a
 * year past 2038. */
#include <krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static krb5_context context;

static void check(krb5_error_code code)
{
    if (code) {
        fprintf(stderr, "%s\n", krb5_get_error_message(context, code));
        exit(1);
    }
}

int main(int argc, char **argv)
{
    krb5_ccache in, out;
    krb5_principal owner;
    krb5_creds odd = {0}, removed = {0};
    krb5_data proxy = {0, 21, "proxy/fs1@LAB.EXAMPLE"};
    krb5_address v4 = {0, ADDRTYPE_INET, 4, (krb5_octet *)"\xc0\x00\x02\x07"};
    krb5_address v6 = {0, ADDRTYPE_INET6, 16, (krb5_octet *)"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"};
    krb5_address *addresses[] = {&v4, &v6, NULL};
    krb5_authdata if_relevant = {0, 1, 2, (krb5_octet *)"\x30\x00"};
    krb5_authdata negative = {0, -17, 0, NULL};
    krb5_authdata *authdata[] = {&if_relevant, &negative, NULL};

    if (argc != 3)
        return 2;
    check(krb5_init_context(&context));
    check(krb5_set_real_time(context, time(NULL) + 90, 250000));
    check(krb5_cc_resolve(context, argv[1], &in));
    check(krb5_cc_resolve(context, argv[2], &out));
    check(krb5_cc_get_principal(context, in, &owner));
    check(krb5_cc_initialize(context, out, owner));
    check(krb5_cc_copy_creds(context, in, out));
    check(krb5_cc_set_config(context, out, NULL, "proxy_impersonator", &proxy));
    check(krb5_cc_set_config(context, out, NULL, "refresh_time", &proxy));
    check(krb5_cc_set_config(context, out, NULL, "refresh_time", NULL));
    removed.client = owner;
    check(krb5_parse_name(context, "HTTP/web1.lab.example@LAB.EXAMPLE", &removed.server));
    check(krb5_cc_remove_cred(context, out, 0, &removed));

    check(krb5_parse_name(context, "odd\\/one//\\@@OTHER", &odd.client));
    odd.client->type = -128;
    check(krb5_parse_name(context, "\xc3\xa4/\xe2\x82\xac@LAB.EXAMPLE", &odd.server));
    odd.server->type = KRB5_NT_SRV_HST;
    odd.keyblock.enctype = 0x7abc;
    odd.keyblock.length = 5;
    odd.keyblock.contents = (krb5_octet *)"\x01\x02\x03\x04\x05";
    odd.times.authtime = 1;
    odd.times.endtime = (krb5_timestamp)0xfffffffe;
    odd.ticket_flags = 0x00a50000;
    odd.addresses = addresses;
    odd.authdata = authdata;
    odd.ticket.length = 12;
    odd.ticket.data = "not a ticket";
    check(krb5_cc_store_cred(context, out, &odd));
    return 0;
}
