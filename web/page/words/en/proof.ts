// Words about who the other side is, where it proved that.

export const proof = {
  from: { sender: "This is from", recipient: "This is" },
  /** Before a name: whose share of a contact this is. */
  whose: "Shared by",
  calls: { sender: "The sender calls themselves", recipient: "This recipient calls themselves" },
  nameless: { sender: "The sender's card has no name.", recipient: "This recipient's card has no name." },
  unverified: "You have not compared the safety number with them yet.",
  verified: "You have compared the safety number with them.",
  unknown: "They are not among your contacts, so the name is only what they say.",
  changed: "Stop: a contact of yours with this key is marked as changed. Call them before you go on.",
  add: "Add to contacts",
  say: { sender: "Say who I am to whoever opens the link", recipient: "Tell the sender who I am" },
  hint: {
    sender: "Your card is shown inside the encrypted connection, and proves that the link is yours. It is a part of the link: change it, and there is another link.",
    recipient: "Your card is shown inside the encrypted connection, before they let you in. The server never sees it.",
  },
};
