/* A PKCS#11 module that hands everything on to another one and fails where it is told to: what cards do, and
 * SoftHSM does not. By PKCS #11 2.40: the list of functions begins behind two octets of a version, filled up to a
 * pointer; flags stand behind 96 octets of names in CK_TOKEN_INFO. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long number;
struct list {
    void *version;
    void *functions[68];
};
enum { GET_FUNCTION_LIST = 3, GET_TOKEN_INFO = 6, LOGIN = 18, SIGN = 43 };
enum { DEVICE_REMOVED = 0x32 };

static struct list real, ours;
static int lost;

static const char *told(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

static number get_token_info(number slot, unsigned char *info) {
    number answer = ((number(*)(number, unsigned char *))real.functions[GET_TOKEN_INFO])(slot, info);
    number flags;
    memcpy(&flags, info + 96, sizeof flags);
    flags |= strtoul(told("SHIM_FLAGS"), NULL, 16);
    memcpy(info + 96, &flags, sizeof flags);
    return answer;
}

static number login(number session, number who, unsigned char *pin, number length) {
    FILE *file = fopen(told("SHIM_LOGINS"), "a");
    if (file) {
        fputc('+', file);
        fclose(file);
    }
    number answer = strtoul(told("SHIM_LOGIN"), NULL, 16);
    if (answer && !(lost == 0 && *told("SHIM_LATER")))
        return answer;
    return ((number(*)(number, number, unsigned char *, number))real.functions[LOGIN])(session, who, pin, length);
}

static number sign(number session, unsigned char *data, number length, unsigned char *value, number *size) {
    const char *how = told("SHIM_SIGN");
    if (value && !strcmp(how, "lost") && !lost++)
        return DEVICE_REMOVED;
    if (value && !strcmp(how, "gone"))
        return lost++, DEVICE_REMOVED;
    number answer = ((number(*)(number, unsigned char *, number, unsigned char *, number *))real.functions[SIGN])(
        session, data, length, value, size);
    if (value && answer == 0 && !strcmp(how, "wrong"))
        value[*size - 1] ^= 1;
    return answer;
}

number C_GetFunctionList(struct list **list) {
    if (!real.functions[0]) {
        void *module = dlopen(MODULE, RTLD_NOW | RTLD_LOCAL);
        if (!module)
            return 5;
        struct list *theirs;
        ((number(*)(struct list **))dlsym(module, "C_GetFunctionList"))(&theirs);
        memcpy(&real, theirs, sizeof real);
        memcpy(&ours, theirs, sizeof ours);
        ours.functions[GET_FUNCTION_LIST] = (void *)C_GetFunctionList;
        ours.functions[GET_TOKEN_INFO] = (void *)get_token_info;
        ours.functions[LOGIN] = (void *)login;
        ours.functions[SIGN] = (void *)sign;
    }
    *list = &ours;
    return 0;
}
