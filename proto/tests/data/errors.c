/* Reads krb5.h; prints number, name and text of every code in the tables krb5 and asn1. */
#include <krb5.h>
#include <com_err.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    krb5_context context;
    char line[1024], name[256];
    long code;

    if (krb5_init_context(&context))
        return 1;
    while (fgets(line, sizeof(line), stdin)) {
        if (sscanf(line, "#define %255s (%ldL)", name, &code) != 2)
            continue;
        if ((code < -1765328384L || code > -1765328129L) && (code < 1859794432L || code > 1859794445L))
            continue;
        if (strncmp(name, "KRB5", 4) && strncmp(name, "ASN1", 4))
            continue;
        if (strcmp(krb5_get_error_message(context, code), error_message(code)))
            return 1;
        printf("%ld\t%s\t%s\n", code, name, error_message(code));
    }
    return 0;
}
