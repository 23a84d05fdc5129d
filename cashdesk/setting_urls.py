"""Page routes of the settings. Paths have no trailing slash."""

from django.urls import path

from cashdesk.screens.settings.index import settings_page
from cashdesk.screens.settings.invitations import invitation_page, invite_page, withdraw_page
from cashdesk.screens.settings.keys import (
    key_page,
    keys_page,
    limit_key_page,
    new_key_page,
    revoke_key_page,
    rotate_key_page,
)
from cashdesk.screens.settings.methods import method_page, methods_page, new_method_page
from cashdesk.screens.settings.people import (
    change_person_page,
    people_page,
    person_page,
    remove_second_factor_page,
    sign_out_person_page,
    switch_person_page,
    unlock_person_page,
)
from cashdesk.screens.settings.registers import (
    new_register_page,
    place_limits_page,
    register_page,
    switch_register_page,
)
from cashdesk.screens.settings.stores import (
    new_store_page,
    store_group_page,
    store_page,
    stores_page,
    switch_store_page,
)

urlpatterns = [
    path("settings", settings_page, name="settings"),
    path("settings/stores", stores_page, name="settings-stores"),
    path("settings/stores/new", new_store_page, name="settings-store-new"),
    path("settings/stores/<uuid:store>", store_page, name="settings-store"),
    path("settings/stores/<uuid:store>/switch", switch_store_page, name="settings-store-switch"),
    path("settings/stores/<uuid:store>/registers/new", new_register_page, name="settings-register-new"),
    path("settings/stores/<uuid:store>/registers/<int:number>", register_page, name="settings-register"),
    path(
        "settings/stores/<uuid:store>/registers/<int:number>/switch",
        switch_register_page,
        name="settings-register-switch",
    ),
    path("settings/stores/<uuid:store>/places/<int:number>/limits", place_limits_page, name="settings-place-limits"),
    path("settings/stores/<uuid:store>/change/<slug:group>", store_group_page, name="settings-store-group"),
    path("settings/people", people_page, name="settings-people"),
    path("settings/people/invite", invite_page, name="settings-invite"),
    path("settings/people/<uuid:person>", person_page, name="settings-person"),
    path("settings/people/<uuid:person>/change", change_person_page, name="settings-person-change"),
    path("settings/people/<uuid:person>/switch", switch_person_page, name="settings-person-switch"),
    path("settings/people/<uuid:person>/sign-out", sign_out_person_page, name="settings-person-sign-out"),
    path("settings/people/<uuid:person>/unlock", unlock_person_page, name="settings-person-unlock"),
    path(
        "settings/people/<uuid:person>/second-factor", remove_second_factor_page, name="settings-person-second-factor"
    ),
    path("settings/people/<uuid:person>/invitation", invitation_page, name="settings-invitation"),
    path("settings/people/<uuid:person>/invitation/withdraw", withdraw_page, name="settings-invitation-withdraw"),
    path("settings/payment-methods", methods_page, name="settings-methods"),
    path("settings/payment-methods/new", new_method_page, name="settings-method-new"),
    path("settings/payment-methods/<uuid:method>", method_page, name="settings-method"),
    path("settings/api-keys", keys_page, name="settings-keys"),
    path("settings/api-keys/new", new_key_page, name="settings-key-new"),
    path("settings/api-keys/<int:key>", key_page, name="settings-key"),
    path("settings/api-keys/<int:key>/replace", rotate_key_page, name="settings-key-rotate"),
    path("settings/api-keys/<int:key>/limit", limit_key_page, name="settings-key-limit"),
    path("settings/api-keys/<int:key>/revoke", revoke_key_page, name="settings-key-revoke"),
]
